package android.content;

public class Intent {
    public static final String ACTION_BATTERY_LOW = "android.intent.action.BATTERY_LOW";
    public Intent(String action) { throw new RuntimeException(); }
    public Intent(Context context, Class<?> component) { throw new RuntimeException(); }
}
