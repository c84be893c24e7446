package oneseat.phone;

import android.content.Context;

/** Looks up the app's texts by name, so that no generated class of resource numbers is needed. */
final class Texts {
    private Texts() {}

    static String of(Context context, String name) {
        return context.getString(context.getResources().getIdentifier(name, "string", context.getPackageName()));
    }
}
