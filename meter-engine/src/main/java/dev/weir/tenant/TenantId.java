package dev.weir.tenant;

import java.util.regex.Pattern;

/// Who pays.
///
/// @param value 1 to 63 characters of `a-z 0-9 . _ -`, the first a letter or digit
public record TenantId(String value) {
    private static final Pattern FORM = Pattern.compile("[a-z0-9][a-z0-9._-]{0,62}");

    public TenantId {
        if (!FORM.matcher(value).matches()) {
            throw new IllegalArgumentException(
                    "a tenant id has 1 to 63 characters of a-z 0-9 . _ - and starts with a letter or"
                            + " digit; '" + value + "' does not");
        }
    }

    public static boolean isValid(String value) {
        return FORM.matcher(value).matches();
    }

    @Override
    public String toString() {
        return value;
    }
}
