package io.github.vippspartnerauth.emulator

import io.github.vippspartnerauth.Merchant
import io.github.vippspartnerauth.Partner
import java.lang.annotation.Inherited
import org.junit.jupiter.api.TestInstance.Lifecycle
import org.junit.jupiter.api.extension.ExtensionContext
import org.junit.jupiter.api.extension.ExtensionContext.Namespace
import org.junit.jupiter.api.extension.ExtensionContext.Store
import org.junit.jupiter.api.extension.ParameterContext
import org.junit.jupiter.api.extension.ParameterResolutionException
import org.junit.jupiter.api.extension.ParameterResolver
import org.junit.platform.commons.support.AnnotationSupport.findAnnotation

/** Sales units that the emulator of a test, or of a class, has from the start, in the place of the extension's own. */
@Target(AnnotationTarget.FUNCTION, AnnotationTarget.CLASS)
@Retention(AnnotationRetention.RUNTIME)
@Inherited
annotation class VippsMerchants(
    /** Their merchant serial numbers. */
    vararg val value: String,
)

/**
 * Gives JUnit's tests an emulator of their own, as parameters: an [Emulator], an [EmulatorKit] that moves its clock and the
 * library's by one call, and the kit's `Partner` and first `Merchant`. The sales unit 123456 is connected unless others are named.
 *
 * ```
 * @ExtendWith(VippsEmulatorExtension::class)
 * class ShopTest {
 *     @Test
 *     fun pays(vipps: Emulator, shop: Merchant) { … }
 * }
 * ```
 *
 * With options of the start: `@RegisterExtension val vipps = VippsEmulatorExtension { mode(Mode.TEST) }`, in Java
 * `new VippsEmulatorExtension(it -> it.mode(Mode.TEST))`.
 *
 * They live as long as the instance of the test class: each test has new ones, and with `@TestInstance(PER_CLASS)` the whole class
 * shares them; [perClass] and [perMethod] say otherwise. Where a test takes more than the emulator, both clocks stand still until
 * the kit moves them.
 */
class VippsEmulatorExtension private constructor(private val options: EmulatorOptions, private val lifecycle: Lifecycle?) :
    ParameterResolver {
    /** With the usual merchant. */
    constructor() : this(EmulatorOptions().merchants(EXAMPLE_MSN), null)

    /** With options of the start. */
    constructor(options: EmulatorOptions) : this(options, null)

    /** With options of the start as a lambda; the usual merchant is there unless others are set. */
    constructor(options: Setup<EmulatorOptions>) : this(EmulatorOptions().merchants(EXAMPLE_MSN).by(options), null)

    /** One emulator for all tests of a class. */
    fun perClass() = VippsEmulatorExtension(options, Lifecycle.PER_CLASS)

    /** One emulator for each test. */
    fun perMethod() = VippsEmulatorExtension(options, Lifecycle.PER_METHOD)

    /** Whether a test may ask for this type. */
    override fun supportsParameter(parameter: ParameterContext, context: ExtensionContext): Boolean =
        parameter.parameter.type in TYPES

    /** The emulator of the test, or what was made with it. */
    override fun resolveParameter(parameter: ParameterContext, context: ExtensionContext): Any {
        val store = scope(context).getStore(Namespace.create(VippsEmulatorExtension::class.java, options))
        val running = store.getOrComputeIfAbsent("running", { Running(optionsFor(context)) }, Running::class.java)
        return when (parameter.parameter.type) {
            Emulator::class.java -> running.emulator
            EmulatorKit::class.java -> running.kit
            Partner::class.java -> running.partner
            else -> running.merchant
        }
    }

    /** The context that the emulator lives as long as. */
    private fun scope(context: ExtensionContext): ExtensionContext {
        val isPerMethod = (lifecycle ?: context.testInstanceLifecycle.orElse(Lifecycle.PER_METHOD)) == Lifecycle.PER_METHOD
        if (isPerMethod && context.testMethod.isEmpty) {
            throw ParameterResolutionException("each test has an emulator of its own: here, outside of a test, there is none")
        }
        if (isPerMethod) return context
        return generateSequence(context) { it.parent.orElse(null) }.first { it.testMethod.isEmpty }
    }

    private fun optionsFor(context: ExtensionContext): EmulatorOptions {
        val ofMethod = context.testMethod.flatMap { findAnnotation(it, VippsMerchants::class.java) }
        val named = ofMethod.or { context.testClass.flatMap { findAnnotation(it, VippsMerchants::class.java) } }
        return named.map { options.copy().merchants(*it.value) }.orElse(options)
    }
}

private fun EmulatorOptions.copy() = EmulatorOptions().also { copy -> members().forEach { (name, value) -> copy.set(name, value!!) } }

private val TYPES = setOf(Emulator::class.java, EmulatorKit::class.java, Partner::class.java, Merchant::class.java)

/** What lives in a scope; JUnit closes it with that: an older one the former interface, a newer one the latter. */
@Suppress("DEPRECATION")
private class Running(options: EmulatorOptions) : Store.CloseableResource, AutoCloseable {
    val emulator = Emulator.start(options)
    private val both = lazy { EmulatorKit(emulator) }
    val kit by both
    val partner by lazy { kit.partner() }
    val merchant by lazy { partner.merchant(kit.firstMsn()) }

    override fun close() = if (both.isInitialized()) kit.close() else emulator.close()
}
