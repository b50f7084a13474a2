import Kernels
import NeuralFields
import TestSupport
import Testing

@Suite("Hypernetwork")
struct HypernetworkTests {
  static let targets = [TinyModels.field().layout, TinyModels.field(directionOctaves: 1).layout]

  static func codes(count: Int, width: Int = 5, deviation: Float = 1) -> [Float] {
    var random = SeededGenerator(seed: 12)
    return random.normals(count: count * width, standardDeviation: deviation)
  }

  @Test("generated weights agree with double precision", arguments: TinyModels.generators, targets)
  func forward(generator: GeneratorKind, target: ParameterLayout) {
    let network = TinyModels.variedHypernetwork(generator, target: target, seed: 1)
    let reference = ReferenceHypernetwork(of: network)
    let codes = Self.codes(count: 3)
    let pass = network.forward(codes: codes, batch: 3, threadCount: 1)
    for scene in 0..<3 {
      let code = Array(codes[scene * 5..<(scene + 1) * 5])
      let expected = reference.weights(
        parameters: network.parameters.inDouble, code: code.inDouble)
      let found = Array(pass.weights[scene * target.count..<(scene + 1) * target.count])
      #expect(Tolerance.errorOfLargest(found, expected) < 1e-6)
      let alone = network.weights(for: LatentCode(code)).values
      #expect(Tolerance.errorOfLargest(alone, expected) < 1e-6)
    }
  }

  @Test("the number of threads changes no bit", arguments: TinyModels.generators)
  func threads(generator: GeneratorKind) {
    // More than 512 weights: the products are cut into blocks.
    let target = TinyModels.field(width: 40).layout
    let network = TinyModels.variedHypernetwork(generator, target: target, seed: 1)
    let codes = Self.codes(count: 3)
    func results(_ threadCount: Int) -> [[Float]] {
      var pass = network.forward(codes: codes, batch: 3, threadCount: threadCount)
      pass.weightGradient = pass.weights
      network.backward(&pass, threadCount: threadCount)
      return [
        pass.weights, network.parameterGradient(after: pass, threadCount: threadCount),
        pass.codeGradient,
      ]
    }
    let alone = results(1)
    for threadCount in [2, 3, 8] { #expect(results(threadCount) == alone) }
  }

  @Test("names cover every parameter once", arguments: TinyModels.generators, targets)
  func layout(generator: GeneratorKind, target: ParameterLayout) {
    let network = TinyModels.variedHypernetwork(generator, target: target, seed: 1)
    #expect(network.layout.coversEveryParameterOnce)
    #expect(network.layout.count == network.parameters.count)
    #expect(
      Hypernetwork.layout(architecture: network.architecture, target: target) == network.layout)
  }

  @Test("given parameters are kept")
  func parameters() {
    let network = TinyModels.variedHypernetwork(.perLayer, target: Self.targets[0], seed: 1)
    let copy = Hypernetwork(
      architecture: network.architecture, target: network.target, parameters: network.parameters)
    #expect(copy.parameters == network.parameters)
    let code = LatentCode(Self.codes(count: 1))
    #expect(copy.weights(for: code) == network.weights(for: code))
  }

  @Test("a per-layer generator has a head and a base for every tensor of the target")
  func perLayerNames() {
    let layout = Self.tinyLayout(.perLayer)
    #expect(
      layout == [
        "trunk.0.weight 12×5", "trunk.0.bias 12", "trunk.1.weight 9×12", "trunk.1.bias 9",
        "generator.head.a.weight 6×9", "generator.head.a.bias 2×9", "generator.base.a.weight 6",
        "generator.base.a.bias 2",
      ])
  }

  @Test("a low-rank generator has factors and a base for matrices, and shifts for biases")
  func lowRankNames() {
    let layout = Self.tinyLayout(.lowRank(rank: 4))
    #expect(
      layout == [
        "trunk.0.weight 12×5", "trunk.0.bias 12", "trunk.1.weight 9×12", "trunk.1.bias 9",
        "generator.left.a.weight.weight 8×9", "generator.right.a.weight.weight 12×9",
        "generator.shift.a.bias.weight 2×9", "generator.left.a.weight.bias 8",
        "generator.right.a.weight.bias 12", "generator.shift.a.bias.bias 2",
        "generator.base.a.weight 2×3",
      ])
  }

  @Test("a chunked generator has an embedding per chunk and three shared layers")
  func chunkedNames() {
    let layout = Self.tinyLayout(.chunked(chunkLength: 4, embeddingWidth: 7))
    #expect(
      layout == [
        "trunk.0.weight 12×5", "trunk.0.bias 12", "trunk.1.weight 9×12", "trunk.1.bias 9",
        "generator.embeddings 3×7", "generator.feature.weight 9×9", "generator.feature.bias 9",
        "generator.embedding.weight 9×7", "generator.embedding.bias 9",
        "generator.output.weight 4×9", "generator.output.bias 4",
      ])
  }

  /// Names and shapes for a target of one layer with three inputs and two outputs.
  static func tinyLayout(_ generator: GeneratorKind) -> [String] {
    var target = ParameterLayout()
    target.append("a.weight", 2, 3)
    target.append("a.bias", 2)
    return Hypernetwork.layout(
      architecture: TinyModels.hypernetwork(generator), target: target
    ).entries.map { entry in
      "\(entry.name) \(entry.shape.map(String.init).joined(separator: "×"))"
    }
  }
}
