package oneseat.phone;

import android.app.Notification;
import android.app.NotificationChannel;
import android.app.NotificationManager;
import android.app.PendingIntent;
import android.app.Service;
import android.content.Context;
import android.content.Intent;
import android.os.IBinder;

/**
 * A foreground service without work of its own: as long as it runs, Android takes neither camera and microphone
 * nor the process away. Its types are the manifest's, camera and microphone.
 */
public final class RecordingService extends Service {
    private static final String CHANNEL = "recording";
    private static final int NOTIFICATION = 1;

    /** Starts or stops the service. */
    static void set(Context context, boolean running) {
        Intent intent = new Intent(context, RecordingService.class);
        if (running) {
            context.startForegroundService(intent);
        } else {
            context.stopService(intent);
        }
    }

    @Override
    public int onStartCommand(Intent intent, int flags, int startId) {
        NotificationManager manager = (NotificationManager) getSystemService(NOTIFICATION_SERVICE);
        manager.createNotificationChannel(
                new NotificationChannel(
                        CHANNEL, Texts.of(this, "recording"), NotificationManager.IMPORTANCE_LOW));
        startForeground(NOTIFICATION, notification());
        // A killed process has no page and no camera: it is started anew by the candidate, not by Android.
        return START_NOT_STICKY;
    }

    @Override
    public IBinder onBind(Intent intent) {
        return null;
    }

    private Notification notification() {
        PendingIntent open =
                PendingIntent.getActivity(
                        this, 0, new Intent(this, MainActivity.class), PendingIntent.FLAG_IMMUTABLE);
        int icon = getResources().getIdentifier("recording", "drawable", getPackageName());
        return new Notification.Builder(this, CHANNEL)
                .setSmallIcon(icon)
                .setContentTitle(Texts.of(this, "recording"))
                .setContentText(Texts.of(this, "recording_advice"))
                .setContentIntent(open)
                .setOngoing(true)
                .build();
    }
}
