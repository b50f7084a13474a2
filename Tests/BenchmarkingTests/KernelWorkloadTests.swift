import Benchmarking
import Kernels
import Testing

@Suite("Kernel workloads") struct KernelWorkloadTests {
  @Test(
    "the operations of a run are those of all samples", arguments: [1, 100, 384, 385, 5000])
  func operations(sampleCount: Int) {
    let forward = KernelWorkload(pass: .forward, width: 64, sampleCount: sampleCount)
    let training = KernelWorkload(pass: .training, width: 64, sampleCount: sampleCount)
    #expect(forward.operationCount == 33_152 * sampleCount)
    #expect(training.operationCount == 91_392 * sampleCount)
  }

  @Test("more samples take more of the thread's time") func time() throws {
    func seconds(_ sampleCount: Int) throws -> Double {
      var workload = KernelWorkload(pass: .forward, width: 64, sampleCount: sampleCount)
      workload.run()
      let times = (0..<5).map { _ in Timing.ofThread { workload.run() }.processorSeconds }
      return try #require(Spread(times)).minimum
    }
    // Eight times the work: other work on the machine can make up a factor of two, not of four.
    #expect(try seconds(16_384) > 3 * seconds(2048))
  }
}
