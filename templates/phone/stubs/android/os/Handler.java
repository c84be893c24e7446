package android.os;

public class Handler {
    public Handler(Looper looper) { throw new RuntimeException(); }
    public final boolean post(Runnable task) { throw new RuntimeException(); }
}
