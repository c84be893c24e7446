package android.content;

public abstract class Context {
    public static final String AUDIO_SERVICE = "audio";
    public static final String BATTERY_SERVICE = "batterymanager";
    public static final String NOTIFICATION_SERVICE = "notification";
    public static final String POWER_SERVICE = "power";
    public android.content.pm.ApplicationInfo getApplicationInfo() { throw new RuntimeException(); }
    public int checkSelfPermission(String permission) { throw new RuntimeException(); }
    public Object getSystemService(String name) { throw new RuntimeException(); }
    public java.io.File getFilesDir() { throw new RuntimeException(); }
    public android.content.res.AssetManager getAssets() { throw new RuntimeException(); }
    public android.content.res.Resources getResources() { throw new RuntimeException(); }
    public final String getString(int id) { throw new RuntimeException(); }
    public String getPackageName() { throw new RuntimeException(); }
    public android.content.ComponentName startForegroundService(Intent service) { throw new RuntimeException(); }
    public boolean stopService(Intent service) { throw new RuntimeException(); }
    public Intent registerReceiver(BroadcastReceiver receiver, IntentFilter filter) { throw new RuntimeException(); }
    public void unregisterReceiver(BroadcastReceiver receiver) { throw new RuntimeException(); }
}
