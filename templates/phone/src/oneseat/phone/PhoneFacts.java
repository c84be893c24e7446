package oneseat.phone;

import android.content.Context;
import android.content.pm.PackageInfo;
import android.os.BatteryManager;
import android.os.Build;
import android.os.StatFs;
import android.webkit.WebView;

/** Asks the system for what the page's self-check shows: version, model, storage, battery. No identifier of the phone. */
final class PhoneFacts {
    private static final int MIB_SHIFT = 20;

    private PhoneFacts() {}

    static String json(Context context, String build) {
        BatteryManager battery = (BatteryManager) context.getSystemService(Context.BATTERY_SERVICE);
        PackageInfo web = WebView.getCurrentWebViewPackage();
        return new Facts()
                .add("android", Build.VERSION.SDK_INT)
                .add("model", Build.MODEL)
                .add("webview", web == null ? "" : web.versionName)
                .add("free_mib", new StatFs(context.getFilesDir().getPath()).getAvailableBytes() >> MIB_SHIFT)
                .add("battery", battery.getIntProperty(BatteryManager.BATTERY_PROPERTY_CAPACITY))
                .add("charging", battery.isCharging())
                .add("build", build)
                .toString();
    }
}
