package oneseat.phone;

import android.content.Context;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.json.JSONException;
import org.json.JSONObject;

/** The exam's facts that this app was built with: {@code assets/oneseat.json}. */
final class ExamFile {
    private static final String ASSET = "oneseat.json";

    /** The address of the phone page in the exam room. */
    final String pageUrl;
    /** The build id of this app. */
    final String build;

    private ExamFile(JSONObject file) throws JSONException {
        pageUrl = file.getString("page_url");
        build = file.getString("build");
    }

    static ExamFile read(Context context) {
        try (InputStream asset = context.getAssets().open(ASSET)) {
            return new ExamFile(new JSONObject(new String(all(asset), StandardCharsets.UTF_8)));
        } catch (IOException | JSONException broken) {
            throw new IllegalStateException(broken); // Android verified the APK: its assets are those of the build
        }
    }

    private static byte[] all(InputStream source) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        byte[] piece = new byte[4096];
        for (int count = source.read(piece); count >= 0; count = source.read(piece)) {
            bytes.write(piece, 0, count);
        }
        return bytes.toByteArray();
    }
}
