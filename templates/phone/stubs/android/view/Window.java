package android.view;

public abstract class Window {
    public void addFlags(int flags) { throw new RuntimeException(); }
    public void clearFlags(int flags) { throw new RuntimeException(); }
}
