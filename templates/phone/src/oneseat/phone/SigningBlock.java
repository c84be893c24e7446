package oneseat.phone;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * Reads the APK Signing Block of an APK: its ID-value pairs and the places of the parts around it.
 *
 * <p>Format: "APK Signature Scheme v2" of the Android Open Source Project. The block lies directly before the
 * ZIP central directory. Every length is checked before it is used, so that a damaged file is an
 * {@link IOException} and never an out-of-memory error or an endless loop.
 */
final class SigningBlock {
    /** The pair that holds the licence. */
    static final int LICENCE_PAIR = 0x4F534C31;
    /** The pair of the APK Signature Scheme v2. */
    static final int SCHEME_V2_PAIR = 0x7109871A;

    private static final int END_RECORD_BYTES = 22;
    private static final int END_RECORD_MAGIC = 0x06054B50;
    private static final int MAX_COMMENT_BYTES = 0xFFFF;
    private static final int MAX_BLOCK_BYTES = 1 << 22;
    private static final int FOOTER_BYTES = 24;
    private static final byte[] MAGIC = "APK Sig Block 42".getBytes(StandardCharsets.US_ASCII);

    /** Where the block begins: the end of the ZIP entries. */
    final long offset;
    /** Where the central directory begins: the end of the block. */
    final long directoryAt;
    /** Where the end-of-central-directory record begins. */
    final long endRecordAt;

    private final Map<Integer, byte[]> pairs;

    private SigningBlock(long offset, long directoryAt, long endRecordAt, Map<Integer, byte[]> pairs) {
        this.offset = offset;
        this.directoryAt = directoryAt;
        this.endRecordAt = endRecordAt;
        this.pairs = pairs;
    }

    /** Reads the block of an open file; an {@link IOException} says what is wrong with it. */
    static SigningBlock read(RandomAccessFile file) throws IOException {
        long endRecordAt = findEndRecord(file);
        long directoryAt = directoryAt(file, endRecordAt);
        ByteBuffer footer = bytes(file, directoryAt - FOOTER_BYTES, FOOTER_BYTES);
        long size = footer.getLong();
        byte[] magic = new byte[MAGIC.length];
        footer.get(magic);
        if (!java.util.Arrays.equals(magic, MAGIC)) {
            throw new IOException("there is no signing block");
        }
        // The size at the beginning of the block does not count itself.
        if (size < FOOTER_BYTES || size > MAX_BLOCK_BYTES || size + 8 > directoryAt) {
            throw new IOException("the block's size is out of range");
        }
        long offset = directoryAt - size - 8;
        ByteBuffer block = bytes(file, offset, (int) size + 8 - FOOTER_BYTES);
        if (block.getLong() != size) {
            throw new IOException("the block's two sizes differ");
        }
        return new SigningBlock(offset, directoryAt, endRecordAt, pairs(block));
    }

    /** Returns the value of the pair with this ID, or null. */
    byte[] pair(int id) {
        return pairs.get(id);
    }

    private static Map<Integer, byte[]> pairs(ByteBuffer block) throws IOException {
        Map<Integer, byte[]> pairs = new HashMap<Integer, byte[]>();
        while (block.hasRemaining()) {
            if (block.remaining() < 12) {
                throw new IOException("a pair is cut off");
            }
            long length = block.getLong();
            if (length < 4 || length > block.remaining()) {
                throw new IOException("a pair's length is out of range");
            }
            int id = block.getInt();
            byte[] value = new byte[(int) length - 4];
            block.get(value);
            if (pairs.put(id, value) != null) {
                throw new IOException("a pair is there twice");
            }
        }
        return pairs;
    }

    private static long findEndRecord(RandomAccessFile file) throws IOException {
        long length = file.length();
        int tail = (int) Math.min(length, END_RECORD_BYTES + MAX_COMMENT_BYTES);
        ByteBuffer end = bytes(file, length - tail, tail);
        for (int at = tail - END_RECORD_BYTES; at >= 0; at--) {
            int comment = tail - END_RECORD_BYTES - at;
            if (end.getInt(at) == END_RECORD_MAGIC && (end.getShort(at + 20) & 0xFFFF) == comment) {
                return length - tail + at;
            }
        }
        throw new IOException("it is not a ZIP file");
    }

    private static long directoryAt(RandomAccessFile file, long endRecordAt) throws IOException {
        ByteBuffer record = bytes(file, endRecordAt, END_RECORD_BYTES);
        long size = record.getInt(12) & 0xFFFFFFFFL;
        long at = record.getInt(16) & 0xFFFFFFFFL;
        if (at < FOOTER_BYTES || at + size != endRecordAt) {
            throw new IOException("the central directory is not before the end record");
        }
        return at;
    }

    private static ByteBuffer bytes(RandomAccessFile file, long at, int count) throws IOException {
        byte[] bytes = new byte[count];
        file.seek(at);
        file.readFully(bytes);
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
