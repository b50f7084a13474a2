import Kernels
import NeuralFields
import TestSupport
import Testing

@Suite("Hypernetwork, backward")
struct HypernetworkGradientTests {
  /// A hypernetwork, two codes, and made-up derivatives of a loss by all weights of both fields.
  struct Fixture {
    let network: Hypernetwork
    let codes: [Float]
    let weightGradient: [Float]

    init(_ generator: GeneratorKind, target: ParameterLayout) {
      network = TinyModels.variedHypernetwork(generator, target: target, seed: 2)
      codes = HypernetworkTests.codes(count: 2)
      var random = SeededGenerator(seed: 13)
      weightGradient = random.normals(count: 2 * target.count, standardDeviation: 1)
    }

    /// The loss that has them: Σ over both fields of ∂L/∂w · w.
    func loss(parameters: [Double], codes: [Double]) -> Double {
      let reference = ReferenceHypernetwork(of: network)
      let weights = (0..<2).flatMap { scene in
        reference.weights(
          parameters: parameters, code: Array(codes[scene * 5..<(scene + 1) * 5]))
      }
      return zip(weights, weightGradient).reduce(0.0) { $0 + $1.0 * Double($1.1) }
    }

    func backward(into pass: inout Hypernetwork.Pass) -> (parameters: [Float], codes: [Float]) {
      network.forward(codes: codes, batch: 2, into: &pass, threadCount: 1)
      pass.weightGradient = weightGradient
      network.backward(&pass, threadCount: 1)
      return (network.parameterGradient(after: pass), pass.codeGradient)
    }

    func backward() -> (parameters: [Float], codes: [Float]) {
      var pass = Hypernetwork.Pass()
      return backward(into: &pass)
    }
  }

  @Test(
    "parameter gradients agree with finite differences, tensor by tensor",
    arguments: TinyModels.generators, HypernetworkTests.targets)
  func parameters(generator: GeneratorKind, target: ParameterLayout) {
    let fixture = Fixture(generator, target: target)
    let found = fixture.backward().parameters
    let parameters = fixture.network.parameters.inDouble
    let codes = fixture.codes.inDouble
    var random = SeededGenerator(seed: 14)
    for entry in fixture.network.layout.entries {
      let entries = (0..<min(12, entry.count)).map { _ in
        entry.offset + random.index(below: entry.count)
      }
      let expected = FiniteDifference.derivatives(
        of: { fixture.loss(parameters: $0, codes: codes) }, at: parameters, entries: entries)
      let error = Tolerance.errorOfLargest(entries.map { found[$0] }, expected)
      #expect(error < 1e-5, "\(entry.name)")
    }
  }

  @Test(
    "code gradients agree with finite differences",
    arguments: TinyModels.generators, HypernetworkTests.targets)
  func codes(generator: GeneratorKind, target: ParameterLayout) {
    let fixture = Fixture(generator, target: target)
    let parameters = fixture.network.parameters.inDouble
    let expected = FiniteDifference.derivatives(
      of: { fixture.loss(parameters: parameters, codes: $0) }, at: fixture.codes.inDouble,
      entries: Array(fixture.codes.indices))
    #expect(Tolerance.errorOfLargest(fixture.backward().codes, expected) < 2e-6)
  }

  @Test("memory that another pass has used changes nothing", arguments: TinyModels.generators)
  func reuse(generator: GeneratorKind) {
    let fixture = Fixture(generator, target: HypernetworkTests.targets[0])
    let other = Fixture(generator, target: HypernetworkTests.targets[1])
    var pass = Hypernetwork.Pass()
    // Three scenes of another field, then two of this one, twice.
    var wide = other.network.forward(
      codes: HypernetworkTests.codes(count: 3), batch: 3, threadCount: 1)
    wide.weightGradient = wide.weights
    other.network.backward(&wide, threadCount: 1)
    swap(&pass, &wide)
    for _ in 0..<2 {
      let found = fixture.backward(into: &pass)
      #expect(found.parameters == fixture.backward().parameters)
      #expect(found.codes == fixture.backward().codes)
    }
  }

  @Test("no entry of a gradient passes its bound", arguments: TinyModels.generators)
  func bounds(generator: GeneratorKind) {
    let fixture = Fixture(generator, target: HypernetworkTests.targets[1])
    var pass = Hypernetwork.Pass()
    let found = fixture.backward(into: &pass)
    let bound = fixture.network.largestGradientBound(after: pass)
    let largest = Double(found.parameters.map(\.magnitude).max() ?? .infinity)
    #expect(largest <= bound)
    // The bound is of use: it is no farther away than the batch and the spread of its factors.
    #expect(bound < 100 * largest)
  }

  @Test(
    "a gradient that may overflow, or is no number, has no finite bound",
    arguments: TinyModels.generators, [1e25, Float.infinity, .nan])
  func unbounded(generator: GeneratorKind, value: Float) {
    let fixture = Fixture(generator, target: HypernetworkTests.targets[0])
    var pass = Hypernetwork.Pass()
    _ = fixture.backward(into: &pass)
    #expect(fixture.network.hasFiniteGradients(after: pass))
    pass.weightGradient[7] = value
    fixture.network.backward(&pass, threadCount: 1)
    #expect(!fixture.network.hasFiniteGradients(after: pass))
  }

  @Test("no parameter is idle", arguments: TinyModels.generators)
  func idleParameters(generator: GeneratorKind) {
    let fixture = Fixture(generator, target: HypernetworkTests.targets[1])
    #expect(fixture.backward().parameters.allSatisfy { $0 != 0 })
  }

  @Test("a gradient from the initial low-rank factor of one reaches its left side")
  func initialLowRank() {
    var random = SeededGenerator(seed: 15)
    let target = HypernetworkTests.targets[0]
    let network = Hypernetwork(
      architecture: TinyModels.hypernetwork(.lowRank(rank: 3)), target: target, generator: &random)
    let codes = HypernetworkTests.codes(count: 2)
    var pass = network.forward(codes: codes, batch: 2, threadCount: 1)
    pass.weightGradient = pass.weights
    network.backward(&pass, threadCount: 1)
    let parameterGradient = network.parameterGradient(after: pass)
    for entry in network.layout.entries where entry.name.hasPrefix("generator.left.") {
      #expect(parameterGradient[entry.range].contains { $0 != 0 }, "\(entry.name)")
    }
  }
}
