package android.content.res;

public class Resources {
    public int getIdentifier(String name, String type, String pack) { throw new RuntimeException(); }
}
