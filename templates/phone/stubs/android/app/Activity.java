package android.app;

public class Activity extends android.view.ContextThemeWrapper {
    protected void onCreate(android.os.Bundle saved) { throw new RuntimeException(); }
    protected void onStart() { throw new RuntimeException(); }
    protected void onStop() { throw new RuntimeException(); }
    protected void onDestroy() { throw new RuntimeException(); }
    public void onBackPressed() { throw new RuntimeException(); }
    public void setContentView(android.view.View view) { throw new RuntimeException(); }
    public android.view.Window getWindow() { throw new RuntimeException(); }
    public final void requestPermissions(String[] permissions, int code) { throw new RuntimeException(); }
    public void onRequestPermissionsResult(int code, String[] permissions, int[] results) { throw new RuntimeException(); }
    public boolean moveTaskToBack(boolean nonRoot) { throw new RuntimeException(); }
    public void finishAndRemoveTask() { throw new RuntimeException(); }
    public void recreate() { throw new RuntimeException(); }
}
