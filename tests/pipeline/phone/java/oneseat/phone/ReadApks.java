package oneseat.phone;

import java.io.IOException;

/** Prints digest and licence of each APK that is named, or "refused" and why; other exceptions end it. */
public final class ReadApks {
    private ReadApks() {}

    public static void main(String[] paths) {
        for (String path : paths) {
            try {
                System.out.println(OwnApk.digest(path) + " " + OwnApk.licence(path));
            } catch (IOException refusal) {
                System.out.println("refused: " + refusal.getMessage());
            }
        }
    }
}
