package io.github.vippspartnerauth.emulator

import java.time.Duration
import java.util.Locale
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/**
 * Measures what a test waits for: a start, an end, one control and one reading. Prints medians in milliseconds, and holds nobody to
 * them. In the Maven build: `mvn -pl bom,server,:vipps-emulator test -Dtest=Measure -Dsurefire.failIfNoSpecifiedTests=false`.
 */
class Measure {
    @Test
    fun `what a test waits for`() {
        // What the JVM and the jar take once is left out.
        Emulator.start { merchants(EXAMPLE_MSN) }.use { vipps -> repeat(200) { vipps.advance(Duration.ofSeconds(1)) } }
        val starts = mutableListOf<Long>()
        val ends = mutableListOf<Long>()
        repeat(30) {
            // One at a time: each goes on making its keys after it has started.
            val began = System.nanoTime()
            val vipps = Emulator.start { merchants(EXAMPLE_MSN) }
            starts += System.nanoTime() - began
            ends += timed(vipps::close)
        }
        Emulator.start { merchants(EXAMPLE_MSN) }.use { vipps ->
            val before = vipps.now().now
            val controls = List(500) { timed { vipps.advance(Duration.ofSeconds(1)) } }
            val readings = List(500) { timed { vipps.requests() } }
            assertTrue(vipps.now().now >= before.plusSeconds(500), "each of them moved the clock")
            val all = mapOf("start" to starts, "end" to ends, "control" to controls, "reading" to readings)
            println(all.entries.joinToString { (kind, taken) -> String.format(Locale.ROOT, "%s %.2f ms", kind, median(taken)) })
        }
    }

    private fun timed(work: () -> Unit): Long {
        val began = System.nanoTime()
        work()
        return System.nanoTime() - began
    }

    private fun median(taken: List<Long>) = taken.sorted()[taken.size / 2] / 1e6
}
