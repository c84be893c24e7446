package oneseat.phone;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertTrue;

import org.junit.Test;

public final class OriginTest {
    private static final Origin OURS = Origin.of("https://room.example/phone/");
    private static final String[] BOTH = {PermissionRule.CAMERA, PermissionRule.MICROPHONE};

    @Test
    public void ours() {
        String[] addresses = {
            "https://room.example", "https://room.example/", "https://ROOM.example:443/x?y#z", "HTTPS://room.example/phone/"
        };
        for (String address : addresses) {
            assertTrue(address, OURS.owns(address));
        }
    }

    @Test
    public void notOurs() {
        String[] addresses = {
            "http://room.example/", "https://room.example:8443/", "https://room.example.evil/", "https://evil/room.example",
            "https://room.example@evil/", "https://evil@room.example/", "https://xroom.example/", "//room.example/",
            "javascript:alert(1)", "data:text/html,x", "about:blank", "file:///sdcard/x", "content://x/y", "intent://room.example/",
            "https://", "https://room.example\\@evil/", "https://ro om.example/", "blob:https://room.example/1", "", null
        };
        for (String address : addresses) {
            assertFalse(address, OURS.owns(address));
        }
    }

    @Test
    public void aPortOfItsOwn() {
        Origin local = Origin.of("http://127.0.0.1:8766/phone/");
        assertTrue(local.owns("http://127.0.0.1:8766/"));
        assertFalse(local.owns("http://127.0.0.1/"));
        assertFalse(local.owns("https://127.0.0.1:8766/"));
        assertNull(Origin.of("ftp://room.example/"));
    }

    @Test
    public void cameraAndMicrophoneForOurPageAlone() {
        PermissionRule rule = new PermissionRule(OURS);
        String[] wanted = {PermissionRule.CAMERA, "android.webkit.resource.MIDI_SYSEX", PermissionRule.MICROPHONE};
        assertArrayEquals(BOTH, rule.grantable("https://room.example/", wanted));
        assertEquals(0, rule.grantable("https://evil/", BOTH).length);
        assertEquals(0, rule.grantable("null", BOTH).length);
        assertEquals(0, rule.grantable("https://room.example/", new String[] {"android.webkit.resource.PROTECTED_MEDIA_ID"}).length);
    }

    @Test
    public void permissionsOfTheSystem() {
        String[] needed = PermissionRule.needed(BOTH);
        assertArrayEquals(new String[] {"android.permission.CAMERA", "android.permission.RECORD_AUDIO"}, needed);
    }
}
