package android.view;

public interface WindowManager {
    public static class LayoutParams {
        public static final int FLAG_KEEP_SCREEN_ON = 0x80;
    }
}
