package android.os;

public final class PowerManager {
    public boolean isInteractive() { throw new RuntimeException(); }
}
