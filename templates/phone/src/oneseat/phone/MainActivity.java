package oneseat.phone;

import android.app.Activity;
import android.content.BroadcastReceiver;
import android.content.Context;
import android.content.Intent;
import android.content.IntentFilter;
import android.content.pm.PackageManager;
import android.media.AudioManager;
import android.os.Bundle;
import android.os.PowerManager;
import android.view.WindowManager;
import android.widget.Toast;

/** The only window: the phone page, the back key, and the lifecycle as events of the page. */
public final class MainActivity extends Activity {
    private static final int ASKING = 1;
    private static final String[] RECORDING =
            PermissionRule.needed(new String[] {PermissionRule.CAMERA, PermissionRule.MICROPHONE});

    private final LifecycleRule lifecycle = new LifecycleRule();
    private final BroadcastReceiver lowBattery = new LowBattery();
    private RoomPage page;
    private boolean recording;
    private boolean finished;

    @Override
    protected void onCreate(Bundle saved) {
        super.onCreate(saved);
        getWindow().addFlags(WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON);
        page = new RoomPage(this, ExamFile.read(this));
        setContentView(page.view());
        registerReceiver(lowBattery, new IntentFilter(Intent.ACTION_BATTERY_LOW));
        page.open();
    }

    @Override
    protected void onStart() {
        super.onStart();
        page.report(lifecycle.shown());
    }

    @Override
    protected void onStop() {
        PowerManager power = (PowerManager) getSystemService(POWER_SERVICE);
        AudioManager audio = (AudioManager) getSystemService(AUDIO_SERVICE);
        // The WebView is not paused: the recording goes on behind a call.
        page.report(lifecycle.hidden(power.isInteractive(), audio.getMode()));
        super.onStop();
    }

    @Override
    protected void onDestroy() {
        unregisterReceiver(lowBattery);
        setRecording(false);
        page.close();
        super.onDestroy();
    }

    @Override
    public void onBackPressed() {
        switch (BackRule.pressed(recording, finished)) {
            case STAY:
                Toast.makeText(this, Texts.of(this, "stay"), Toast.LENGTH_LONG).show();
                break;
            case HIDE:
                moveTaskToBack(true);
                break;
            default:
                finishAndRemoveTask();
        }
    }

    @Override
    public void onRequestPermissionsResult(int request, String[] permissions, int[] results) {
        page.permissionsAnswered();
    }

    /** Whether the system has given all of these permissions. */
    boolean holds(String[] permissions) {
        for (String permission : permissions) {
            if (checkSelfPermission(permission) != PackageManager.PERMISSION_GRANTED) {
                return false;
            }
        }
        return true;
    }

    /** Asks the candidate for these permissions. */
    void ask(String[] permissions) {
        requestPermissions(permissions, ASKING);
    }

    /** Notes that the page records or no longer does; called on the main thread. */
    void setRecording(boolean on) {
        if (on == recording) {
            return;
        }
        recording = on;
        finished = finished && !on;
        if (on && !holds(RECORDING)) {
            return; // Android ends an app whose service takes a camera that it was not given
        }
        try {
            RecordingService.set(this, on);
        } catch (IllegalStateException | SecurityException refused) {
            // Android refuses a start from behind another app. The page records as long as it is shown.
        }
    }

    /** Notes that the page has stored everything; called on the main thread. */
    void setFinished() {
        finished = true;
        setRecording(false);
        getWindow().clearFlags(WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON);
    }

    private final class LowBattery extends BroadcastReceiver {
        @Override
        public void onReceive(Context context, Intent intent) {
            page.report(LifecycleRule.LOW_BATTERY);
        }
    }
}
