package io.github.vippspartnerauth.spring;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Says in the place of a stack trace which property is missing or wrong. */
class VippsFailureAnalyzer extends AbstractFailureAnalyzer<InvalidVippsProperty> {
    @Override
    protected FailureAnalysis analyze(Throwable root, InvalidVippsProperty cause) {
        String action = "Set " + cause.property + ", as a property or as the variable " + PropertyNames.variable(cause.property)
                + ". An application with a bean of its own in the place of ours needs no property.";
        return new FailureAnalysis("Vipps: " + cause.getMessage(), action, cause);
    }
}
