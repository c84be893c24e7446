package oneseat.phone;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertTrue;
import static org.junit.Assert.fail;

import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

public final class SigningBlockTest {
    private static final byte[] MAGIC = "APK Sig Block 42".getBytes(StandardCharsets.US_ASCII);
    private static final int OTHER_PAIR = 0x42726577;

    @Rule public final TemporaryFolder folder = new TemporaryFolder();

    @Test
    public void findsItsPairAmongOthers() throws IOException {
        SigningBlock block = read(apk(pairs(pair(OTHER_PAIR, new byte[100]), pair(SigningBlock.LICENCE_PAIR, licence("abc.def", 50)))));
        assertEquals("abc.def", OwnApk.licenceIn(block.pair(SigningBlock.LICENCE_PAIR)));
        assertArrayEquals(new byte[100], block.pair(OTHER_PAIR));
        assertEquals(10, block.offset);
    }

    @Test
    public void aBaseHasNoLicence() throws IOException {
        SigningBlock block = read(apk(pairs(pair(OTHER_PAIR, new byte[4]))));
        assertNull(block.pair(SigningBlock.LICENCE_PAIR));
        assertEquals("", OwnApk.licenceIn(null));
        assertEquals("", OwnApk.licenceIn(licence("", 0)));
    }

    @Test
    public void theLicenceMayFillItsPair() throws IOException {
        assertEquals("abc", OwnApk.licenceIn(licence("abc", 0)));
    }

    @Test
    public void damagedLicencePairsAreRefused() {
        byte[] tooLong = licence("abc", 4);
        tooLong[8] = 8;
        byte[] negative = licence("abc", 4);
        negative[11] = (byte) 0x80;
        byte[] foreign = licence("abc", 4);
        foreign[0] ^= 1;
        for (byte[] value : new byte[][] {tooLong, negative, foreign, new byte[11], new byte[0]}) {
            try {
                OwnApk.licenceIn(value);
                fail("accepted");
            } catch (IOException expected) {
                assertTrue(expected.getMessage().startsWith("the licence's pair"));
            }
        }
    }

    @Test
    public void aCommentDoesNotHideTheEnd() throws IOException {
        byte[] apk = apk(pairs(pair(OTHER_PAIR, new byte[4])));
        ByteBuffer longer = ByteBuffer.allocate(apk.length + 300).order(ByteOrder.LITTLE_ENDIAN);
        longer.put(apk).putShort(apk.length - 2, (short) 300);
        longer.putInt(apk.length + 100, 0x06054B50); // what looks like an end record inside the comment
        assertEquals(10, read(longer.array()).offset);
    }

    @Test
    public void whatIsNoApkIsRefused() throws IOException {
        byte[] good = apk(pairs(pair(OTHER_PAIR, new byte[4])));
        int block = 10;
        int footer = good.length - 22 - 24;
        refused("it is not a ZIP file", new byte[0]);
        refused("it is not a ZIP file", new byte[40]);
        refused("there is no signing block", with(good, footer + 8, 1));
        refused("the block's size is out of range", with(good, footer + 6, 1));
        refused("the block's size is out of range", with(good, footer, 23));
        refused("the block's two sizes differ", with(good, block, 99));
        refused("a pair's length is out of range", with(good, block + 8, 3));
        refused("a pair's length is out of range", with(good, block + 15, 0x80));
        refused("a pair's length is out of range", with(good, block + 8, 9));
        refused("the central directory is not before the end record", with(good, good.length - 3, 0x7F));
        refused("a pair is there twice", apk(pairs(pair(1, new byte[1]), pair(1, new byte[1]))));
        refused("a pair is cut off", apk(pairs(pair(1, new byte[1]), new byte[5])));
    }

    private void refused(String reason, byte[] apk) throws IOException {
        try {
            read(apk);
            fail("accepted: " + reason);
        } catch (IOException expected) {
            assertEquals(reason, expected.getMessage());
        }
    }

    private SigningBlock read(byte[] apk) throws IOException {
        File file = folder.newFile();
        try (RandomAccessFile open = new RandomAccessFile(file, "rw")) {
            open.write(apk);
            return SigningBlock.read(open);
        }
    }

    private static byte[] with(byte[] apk, int at, int value) {
        byte[] changed = apk.clone();
        changed[at] = (byte) value;
        return changed;
    }

    /** Ten bytes of entries, a signing block with these pairs, an empty central directory, its end record. */
    private static byte[] apk(byte[] pairs) {
        long size = pairs.length + 24;
        ByteBuffer apk = ByteBuffer.allocate(10 + pairs.length + 32 + 22).order(ByteOrder.LITTLE_ENDIAN);
        apk.position(10);
        apk.putLong(size).put(pairs).putLong(size).put(MAGIC);
        int directoryAt = apk.position();
        apk.putInt(0x06054B50).putShort((short) 0).putShort((short) 0).putShort((short) 0).putShort((short) 0);
        apk.putInt(0).putInt(directoryAt).putShort((short) 0);
        return apk.array();
    }

    private static byte[] pairs(byte[]... each) {
        int length = 0;
        for (byte[] one : each) {
            length += one.length;
        }
        ByteBuffer all = ByteBuffer.allocate(length);
        for (byte[] one : each) {
            all.put(one);
        }
        return all.array();
    }

    private static byte[] pair(int id, byte[] value) {
        ByteBuffer pair = ByteBuffer.allocate(12 + value.length).order(ByteOrder.LITTLE_ENDIAN);
        return pair.putLong(4 + value.length).putInt(id).put(value).array();
    }

    private static byte[] licence(String text, int zeros) {
        ByteBuffer value = ByteBuffer.allocate(12 + text.length() + zeros).order(ByteOrder.LITTLE_ENDIAN);
        value.put("1SEAT\r\n\u001a".getBytes(StandardCharsets.US_ASCII)).putInt(text.length());
        return value.put(text.getBytes(StandardCharsets.US_ASCII)).array();
    }
}
