package io.github.vippspartnerauth.spring;

import java.util.Locale;
import java.util.regex.Pattern;

/** What a property is called as a variable, and the other way round. */
final class PropertyNames {
    private static final Pattern VARIABLE = Pattern.compile("\\b[A-Z]+(_[A-Z]+)+\\b");

    private PropertyNames() {}

    static String variable(String property) {
        return property.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
    }

    /** Of a member of an object. */
    static String hyphenated(String member) {
        return member.replaceAll("([a-z])([A-Z])", "$1-$2").toLowerCase(Locale.ROOT);
    }

    /** Of a variable, or of a field that an error of the library names. */
    static String property(String prefix, String field) {
        String name = field.toLowerCase(Locale.ROOT).replace('_', '-');
        return name.startsWith("vipps-") ? name.replaceFirst("-", ".") : prefix + "." + name;
    }

    /** A text with properties in the place of variables. */
    static String withProperties(String text) {
        return VARIABLE.matcher(text).replaceAll(found -> property("", found.group()));
    }
}
