package android.webkit;

public interface ValueCallback<T> {
}
