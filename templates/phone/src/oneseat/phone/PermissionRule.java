package oneseat.phone;

import java.util.ArrayList;
import java.util.List;

/** Decides which of the resources that a page asks for it gets: camera and microphone, for our origin alone. */
final class PermissionRule {
    /** {@code PermissionRequest.RESOURCE_VIDEO_CAPTURE}. */
    static final String CAMERA = "android.webkit.resource.VIDEO_CAPTURE";
    /** {@code PermissionRequest.RESOURCE_AUDIO_CAPTURE}. */
    static final String MICROPHONE = "android.webkit.resource.AUDIO_CAPTURE";

    private final Origin ours;

    PermissionRule(Origin ours) {
        this.ours = ours;
    }

    /** Returns the resources to grant; none if another origin asks. */
    String[] grantable(String origin, String[] resources) {
        List<String> granted = new ArrayList<String>();
        if (ours.owns(origin)) {
            for (String resource : resources) {
                if (CAMERA.equals(resource) || MICROPHONE.equals(resource)) {
                    granted.add(resource);
                }
            }
        }
        return granted.toArray(new String[0]);
    }

    /** Returns the system permissions that these resources need. */
    static String[] needed(String[] resources) {
        List<String> permissions = new ArrayList<String>();
        for (String resource : resources) {
            permissions.add(
                    CAMERA.equals(resource) ? "android.permission.CAMERA" : "android.permission.RECORD_AUDIO");
        }
        return permissions.toArray(new String[0]);
    }
}
