package oneseat.phone;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNull;

import org.junit.Test;

public final class LifecycleRuleTest {
    private static final int NORMAL = 0;
    private static final int RINGTONE = 1;
    private static final int IN_CALL = 2;
    private static final int IN_COMMUNICATION = 3;

    private final LifecycleRule rule = new LifecycleRule();

    @Test
    public void theFirstStartIsNoEvent() {
        assertNull(rule.shown());
    }

    @Test
    public void anotherApp() {
        assertEquals("background", rule.hidden(true, NORMAL));
        assertEquals("foreground", rule.shown());
        assertNull(rule.shown());
    }

    @Test
    public void theScreen() {
        assertEquals("screen-off", rule.hidden(false, NORMAL));
    }

    @Test
    public void calls() {
        for (int mode : new int[] {RINGTONE, IN_CALL, IN_COMMUNICATION}) {
            assertEquals("call", rule.hidden(true, mode));
            rule.shown();
            // Held to the ear, the screen is off: it is a call all the same.
            assertEquals("call", rule.hidden(false, mode));
            rule.shown();
        }
    }

    @Test
    public void hiddenTwiceIsOneEvent() {
        rule.hidden(true, NORMAL);
        assertNull(rule.hidden(false, IN_CALL));
    }

    @Test
    public void theScriptOfAnEvent() {
        assertEquals(
                "window.dispatchEvent(new CustomEvent('oneseat-shell',{detail:{code:'low-battery'}}))",
                LifecycleRule.script(LifecycleRule.LOW_BATTERY));
    }

    @Test
    public void theBackKeyEndsNoRecording() {
        assertEquals(BackRule.Act.STAY, BackRule.pressed(true, false));
        assertEquals(BackRule.Act.STAY, BackRule.pressed(true, true));
        assertEquals(BackRule.Act.HIDE, BackRule.pressed(false, false));
        assertEquals(BackRule.Act.CLOSE, BackRule.pressed(false, true));
    }

    @Test
    public void factsAreJson() {
        Facts facts = new Facts().add("android", 26).add("model", "a\"b\\\n\u667a").add("charging", true).add("webview", null);
        assertEquals(
                "{\"android\":26,\"model\":\"a\\u0022b\\u005c\\u000a\\u667a\",\"charging\":true,\"webview\":\"\"}",
                facts.toString());
        assertEquals("{}", new Facts().toString());
    }
}
