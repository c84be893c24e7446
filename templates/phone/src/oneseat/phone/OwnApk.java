package oneseat.phone;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * Reads licence and digest out of the APK that this app was installed from.
 *
 * <p>The digest is SHA-256 over a domain tag, the content digest of the APK Signature Scheme v2 (computed here from
 * the file, not copied from its signature) and the SHA-256 of the signer's certificate. The signing block is not
 * part of the content, so the licence in it changes nothing, while changed contents and another signer do.
 */
final class OwnApk {
    private static final byte[] DOMAIN = "oneseat/apk/v1\0".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] LICENCE_MAGIC = "1SEAT\r\n\u001a".getBytes(StandardCharsets.US_ASCII);
    private static final int CHUNK_BYTES = 1 << 20;
    private static final int LICENCE_HEADER_BYTES = 12;

    private OwnApk() {}

    /** Returns the licence in an APK; empty if it has none. */
    static String licence(String path) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(path, "r")) {
            return licenceIn(SigningBlock.read(file).pair(SigningBlock.LICENCE_PAIR));
        }
    }

    /** Computes the digest of an APK, in lower-case hexadecimal. */
    static String digest(String path) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(path, "r")) {
            SigningBlock block = SigningBlock.read(file);
            MessageDigest digest = sha256();
            digest.update(DOMAIN);
            digest.update(contentDigest(file, block));
            digest.update(sha256().digest(certificate(block.pair(SigningBlock.SCHEME_V2_PAIR))));
            return Hex.of(digest.digest());
        }
    }

    /** Returns the licence in a pair's value: magic, length, licence, zeros. */
    static String licenceIn(byte[] value) throws IOException {
        if (value == null) {
            return "";
        }
        if (value.length < LICENCE_HEADER_BYTES) {
            throw new IOException("the licence's pair is too short");
        }
        ByteBuffer pair = ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN);
        byte[] magic = new byte[LICENCE_MAGIC.length];
        pair.get(magic);
        int length = pair.getInt();
        if (!java.util.Arrays.equals(magic, LICENCE_MAGIC) || length < 0 || length > pair.remaining()) {
            throw new IOException("the licence's pair is damaged");
        }
        return new String(value, LICENCE_HEADER_BYTES, length, StandardCharsets.US_ASCII);
    }

    /** Returns the first signer's first certificate out of the v2 pair, DER. */
    private static byte[] certificate(byte[] pair) throws IOException {
        if (pair == null) {
            throw new IOException("there is no v2 signature");
        }
        ByteBuffer signers = prefixed(ByteBuffer.wrap(pair).order(ByteOrder.LITTLE_ENDIAN));
        ByteBuffer signedData = prefixed(prefixed(signers));
        prefixed(signedData); // the digests
        ByteBuffer certificate = prefixed(prefixed(signedData));
        byte[] der = new byte[certificate.remaining()];
        certificate.get(der);
        return der;
    }

    /** Takes the next part, which its length precedes. */
    private static ByteBuffer prefixed(ByteBuffer source) throws IOException {
        if (source.remaining() < 4) {
            throw new IOException("the v2 signature is cut off");
        }
        int length = source.getInt();
        if (length < 0 || length > source.remaining()) {
            throw new IOException("a length in the v2 signature is out of range");
        }
        ByteBuffer part = source.slice().order(ByteOrder.LITTLE_ENDIAN);
        part.limit(length);
        source.position(source.position() + length);
        return part;
    }

    private static byte[] contentDigest(RandomAccessFile file, SigningBlock block) throws IOException {
        long endRecordBytes = file.length() - block.endRecordAt;
        byte[] endRecord = new byte[(int) endRecordBytes];
        file.seek(block.endRecordAt);
        file.readFully(endRecord);
        // The verifier reads the record as if the central directory followed the entries, without the block.
        ByteBuffer.wrap(endRecord).order(ByteOrder.LITTLE_ENDIAN).putInt(16, (int) block.offset);
        long directoryBytes = block.endRecordAt - block.directoryAt;
        long count = chunks(block.offset) + chunks(directoryBytes) + chunks(endRecordBytes);
        MessageDigest whole = sha256();
        whole.update(prefix((byte) 0x5A, (int) count));
        addChunks(whole, file, 0, block.offset);
        addChunks(whole, file, block.directoryAt, directoryBytes);
        whole.update(chunkDigest(endRecord, endRecord.length));
        return whole.digest();
    }

    private static long chunks(long bytes) {
        return (bytes + CHUNK_BYTES - 1) / CHUNK_BYTES;
    }

    private static void addChunks(MessageDigest whole, RandomAccessFile file, long at, long bytes)
            throws IOException {
        byte[] chunk = new byte[(int) Math.min(bytes, CHUNK_BYTES)];
        file.seek(at);
        for (long left = bytes; left > 0; left -= chunk.length) {
            int count = (int) Math.min(left, chunk.length);
            file.readFully(chunk, 0, count);
            whole.update(chunkDigest(chunk, count));
        }
    }

    private static byte[] chunkDigest(byte[] chunk, int count) {
        MessageDigest digest = sha256();
        digest.update(prefix((byte) 0xA5, count));
        digest.update(chunk, 0, count);
        return digest.digest();
    }

    private static byte[] prefix(byte mark, int number) {
        return ByteBuffer.allocate(5).order(ByteOrder.LITTLE_ENDIAN).put(mark).putInt(number).array();
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible); // every Android has it
        }
    }
}
