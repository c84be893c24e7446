package android.os;

public class StatFs {
    public StatFs(String path) { throw new RuntimeException(); }
    public long getAvailableBytes() { throw new RuntimeException(); }
}
