package oneseat.phone;

/** Writes bytes in lower-case hexadecimal. */
final class Hex {
    private static final String DIGITS = "0123456789abcdef";

    private Hex() {}

    static String of(byte[] bytes) {
        StringBuilder text = new StringBuilder(2 * bytes.length);
        for (byte each : bytes) {
            text.append(DIGITS.charAt((each >> 4) & 0xF)).append(DIGITS.charAt(each & 0xF));
        }
        return text.toString();
    }
}
