package android.media;

public class AudioManager {
    public int getMode() { throw new RuntimeException(); }
}
