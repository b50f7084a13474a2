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

    func backward(from start: Float = 0) -> (parameters: [Float], codes: [Float]) {
      var parameterGradient = [Float](repeating: start, count: network.parameters.count)
      var codeGradient = [Float](repeating: start, count: codes.count)
      let pass = network.forward(codes: codes, batch: 2, threadCount: 1)
      network.backward(
        pass, weightGradient: weightGradient, parameterGradient: &parameterGradient,
        codeGradient: &codeGradient, threadCount: 1)
      return (parameterGradient, codeGradient)
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

  @Test("gradients are added to what is there", arguments: TinyModels.generators)
  func accumulation(generator: GeneratorKind) {
    let fixture = Fixture(generator, target: HypernetworkTests.targets[0])
    let (fromZero, fromOne) = (fixture.backward(), fixture.backward(from: 1))
    let parameters = fromZero.parameters.map { Double($0) + 1 }
    let codes = fromZero.codes.map { Double($0) + 1 }
    #expect(Tolerance.errorOfLargest(fromOne.parameters, parameters) < 1e-6)
    #expect(Tolerance.errorOfLargest(fromOne.codes, codes) < 1e-6)
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
    let pass = network.forward(codes: codes, batch: 2, threadCount: 1)
    var parameterGradient = [Float](repeating: 0, count: network.parameters.count)
    var codeGradient = [Float](repeating: 0, count: codes.count)
    network.backward(
      pass, weightGradient: pass.weights, parameterGradient: &parameterGradient,
      codeGradient: &codeGradient, threadCount: 1)
    for entry in network.layout.entries where entry.name.hasPrefix("generator.left.") {
      #expect(parameterGradient[entry.range].contains { $0 != 0 }, "\(entry.name)")
    }
  }
}
