import Kernels
import TestSupport
import Testing

@Suite("Adam update")
struct AdamUpdateTests {
  /// The state of an optimisation of some numbers.
  struct Run: Equatable {
    var parameters: [Float]
    var first: [Float]
    var second: [Float]

    init(count: Int) {
      var random = SeededGenerator(seed: 5)
      parameters = random.normals(count: count, standardDeviation: 1)
      first = [Float](repeating: 0, count: count)
      second = first
    }

    mutating func step(
      _ step: Int, gradient: [Float], offset: Int = 0, threadCount: Int,
      backend: FieldKernelBackend = .best
    ) {
      let update = AdamUpdate(
        learningRate: 0.01, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, step: step)
      update.apply(
        to: &parameters, gradient: gradient.span, firstMoment: &first, secondMoment: &second,
        offset: offset, threadCount: threadCount, backend: backend)
    }
  }

  static func gradient(count: Int, step: Int) -> [Float] {
    var random = SeededGenerator(seed: 6, UInt64(step))
    return random.normals(count: count, standardDeviation: 0.1)
  }

  @Test("fifty steps agree with double precision", arguments: FieldKernelBackend.available)
  func agreement(backend: FieldKernelBackend) {
    let count = 43
    var run = Run(count: count)
    var reference = run.parameters.map { ReferenceMath.Adam(value: Double($0)) }
    for step in 1...50 {
      // One entry has no gradient, one a tiny and one a huge one.
      var gradient = Self.gradient(count: count, step: step)
      gradient[0] = 0
      gradient[1] *= 1e-12
      gradient[2] *= 1e12
      run.step(step, gradient: gradient, threadCount: 1, backend: backend)
      for index in 0..<count {
        reference[index].descend(
          gradient: Double(gradient[index]), learningRate: Double(Float(0.01)),
          beta1: Double(Float(0.9)), beta2: Double(Float(0.99)), epsilon: Double(Float(1e-8)))
      }
    }
    let expected = reference.map(\.value)
    #expect(Tolerance.share(run.parameters, expected, relative: 1e-6, absolute: 1e-6) <= 1)
    #expect(run.parameters[0] == Run(count: count).parameters[0])
    let moments = reference.map(\.firstMoment) + reference.map(\.secondMoment)
    #expect(Tolerance.share(run.first + run.second, moments, relative: 1e-5, absolute: 0) <= 1)
  }

  @Test("the first step has the length of the learning rate, whatever the gradient's size")
  func firstStep() {
    var run = Run(count: 4)
    let before = run.parameters
    run.step(1, gradient: [3, -0.02, 1e6, -1e-3], threadCount: 1)
    let moves = zip(run.parameters, before).map { $0 - $1 }
    #expect(Tolerance.share(moves, [-0.01, 0.01, -0.01, 0.01], relative: 1e-4, absolute: 0) <= 1)
  }

  @Test("only the stretch with a gradient moves")
  func range() {
    var run = Run(count: 10)
    let before = run
    run.step(1, gradient: [1, 1, 1], offset: 3, threadCount: 2)
    for index in 0..<10 {
      let hasMoved =
        run.parameters[index] != before.parameters[index] || run.first[index] != 0
        || run.second[index] != 0
      #expect(hasMoved == (3..<6).contains(index), "entry \(index)")
    }
  }

  @Test("the number of threads changes no bit", arguments: [2, 3, 8])
  func threads(threadCount: Int) {
    let count = 200_001
    var alone = Run(count: count)
    var together = alone
    for step in 1...2 {
      let gradient = Self.gradient(count: count, step: step)
      alone.step(step, gradient: gradient, threadCount: 1)
      together.step(step, gradient: gradient, threadCount: threadCount)
    }
    #expect(together == alone)
  }
}
