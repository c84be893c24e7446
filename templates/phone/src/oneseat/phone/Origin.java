package oneseat.phone;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;

/**
 * The origin (scheme, host, port) of the exam room, as RFC 6454 defines origins; decides which addresses are ours.
 */
final class Origin {
    private final String scheme;
    private final String host;
    private final int port;

    private Origin(String scheme, String host, int port) {
        this.scheme = scheme;
        this.host = host;
        this.port = port;
    }

    /** Reads the origin of an address; null if it has none, as {@code data:} and {@code about:} have none. */
    static Origin of(String address) {
        try {
            URI uri = new URI(address == null ? "" : address);
            String scheme = lower(uri.getScheme());
            boolean web = "https".equals(scheme) || "http".equals(scheme);
            // "https://ours@theirs/" looks like ours to a person; our pages never use it.
            if (!web || uri.getHost() == null || uri.getUserInfo() != null) {
                return null;
            }
            int port = uri.getPort() >= 0 ? uri.getPort() : "https".equals(scheme) ? 443 : 80;
            return new Origin(scheme, lower(uri.getHost()), port);
        } catch (URISyntaxException malformed) {
            return null;
        }
    }

    /** Whether an address belongs to this origin. */
    boolean owns(String address) {
        Origin other = of(address);
        return other != null && scheme.equals(other.scheme) && host.equals(other.host) && port == other.port;
    }

    private static String lower(String text) {
        return text == null ? null : text.toLowerCase(Locale.ROOT);
    }
}
