package android.app;

public final class PendingIntent {
    public static final int FLAG_IMMUTABLE = 0x04000000;
    public static PendingIntent getActivity(android.content.Context context, int request, android.content.Intent intent, int flags) { throw new RuntimeException(); }
}
