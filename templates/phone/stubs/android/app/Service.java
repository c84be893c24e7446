package android.app;

public abstract class Service extends android.content.ContextWrapper {
    public static final int START_NOT_STICKY = 2;
    public int onStartCommand(android.content.Intent intent, int flags, int startId) { throw new RuntimeException(); }
    public abstract android.os.IBinder onBind(android.content.Intent intent);
    public final void startForeground(int id, Notification notification) { throw new RuntimeException(); }
}
