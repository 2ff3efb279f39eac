package io.github.vippspartnerauth.spring;

import io.github.vippspartnerauth.VippsAuthException;

/** A property is wrong, or missing. */
class InvalidVippsProperty extends RuntimeException {
    /** Its name. */
    final String property;

    InvalidVippsProperty(String prefix, VippsAuthException.InvalidConfig failure) {
        super(PropertyNames.withProperties(failure.getDetail()), failure);
        property = failure.getField() == null ? prefix : PropertyNames.property(prefix, failure.getField());
    }

    InvalidVippsProperty(String property, String rule) {
        super(property + " " + rule);
        this.property = property;
    }
}
