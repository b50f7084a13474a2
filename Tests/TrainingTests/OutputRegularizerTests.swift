import Kernels
import NeuralFields
import TestSupport
import Testing
import Training

@Suite("Output regulariser") struct OutputRegularizerTests {
  static let target = TinyModels.field(width: 6, positionOctaves: 1).layout

  /// Two own scenes, and a variant of each.
  static let names = ["a", "b", "a~1", "b~1"]

  static func codes(names: [String] = names) -> LatentTable {
    var random = SeededGenerator(seed: 5)
    return LatentTable(names: names, width: 5, standardDeviation: 0.5, generator: &random)
  }

  static func regularizer(
    _ generator: GeneratorKind, codes: LatentTable = codes(), codesPerStep: Int = 3
  ) -> OutputRegularizer {
    let network = TinyModels.variedHypernetwork(generator, target: target, seed: 2)
    var random = SeededGenerator(seed: 6)
    let scales = (0..<target.count).map { _ in 0.5 + random.uniform() }
    return OutputRegularizer(
      anchor: network, codes: codes, weight: 0.7, codesPerStep: codesPerStep, scales: scales,
      seed: 9)
  }

  /// The parameters somewhere else than the anchor.
  static func moved(_ network: Hypernetwork) -> Hypernetwork {
    var moved = network
    var random = SeededGenerator(seed: 7)
    for index in moved.parameters.indices { moved.parameters[index] += 0.05 * random.normal() }
    return moved
  }

  @Test(
    "its gradient to the parameters agrees with finite differences",
    arguments: TinyModels.generators)
  func gradient(generator: GeneratorKind) {
    var regularizer = Self.regularizer(generator)
    let network = Self.moved(regularizer.anchor)
    let rows = [0, 3, 2]
    let codes = regularizer.codes(ofRows: rows)
    // A row of another scene stands before those that are held.
    var pass = network.forward(codes: [0, 0, 0, 0, 0] + codes, batch: 4, threadCount: 1)
    pass.weightGradient = [Float](repeating: 0, count: 4 * Self.target.count)
    let weights = pass.weights
    let value = regularizer.evaluate(
      weights, first: 1, rows: rows, gradient: &pass.weightGradient, threadCount: 1)
    network.backward(&pass, threadCount: 1)
    let found = network.parameterGradient(after: pass)

    let reference = ReferenceHypernetwork(of: network)
    let targets = regularizer.targets(ofRows: rows, threadCount: 1).inDouble
    let count = Self.target.count
    func penalty(_ parameters: [Double]) -> Double {
      var sum = 0.0
      for place in rows.indices {
        let code = codes[place * 5..<(place + 1) * 5].map(Double.init)
        let weights = reference.weights(parameters: parameters, code: code)
        for index in 0..<count {
          let change = weights[index] - targets[place * count + index]
          sum += Double(regularizer.scales[index]) * change * change
        }
      }
      return 0.7 * sum / Double(rows.count * count)
    }
    let parameters = network.parameters.inDouble
    #expect(abs(value - penalty(parameters)) < 1e-5 * value)
    var random = SeededGenerator(seed: 14)
    for entry in network.layout.entries {
      let entries = (0..<min(8, entry.count)).map { _ in
        entry.offset + random.index(below: entry.count)
      }
      let expected = FiniteDifference.derivatives(
        of: penalty, at: parameters, entries: entries)
      let error = Tolerance.errorOfLargest(entries.map { found[$0] }, expected)
      #expect(error < 2e-4, "\(entry.name)")
    }
  }

  @Test("where nothing has changed it is nothing, and pulls nowhere")
  func anchor() {
    var regularizer = Self.regularizer(.perLayer)
    let rows = [1, 2]
    let weights = regularizer.targets(ofRows: rows, threadCount: 1)
    var gradient = [Float](repeating: 3, count: weights.count)
    #expect(
      regularizer.evaluate(weights, first: 0, rows: rows, gradient: &gradient, threadCount: 1) == 0)
    #expect(gradient.allSatisfy { $0 == 0 })
  }

  @Test("rows of other scenes keep their gradient")
  func otherRows() {
    var regularizer = Self.regularizer(.perLayer)
    let count = Self.target.count
    var gradient = [Float](repeating: 3, count: 3 * count)
    let weights = [Float](repeating: 0, count: 3 * count)
    _ = regularizer.evaluate(weights, first: 2, rows: [0], gradient: &gradient, threadCount: 1)
    #expect(gradient[..<(2 * count)].allSatisfy { $0 == 3 })
    #expect(gradient[(2 * count)...].contains { $0 != 3 })
  }

  @Test(
    "a step holds as many codes of a large library as of a small one", arguments: [10, 66, 500])
  func constantNumber(sceneCount: Int) {
    let names = (0..<sceneCount).map { "s\($0)" }
    for variantCount in [0, 3] {
      let all = names + (1..<variantCount + 1).flatMap { k in names.map { "\($0)~\(k)" } }
      let regularizer = Self.regularizer(
        .perLayer, codes: Self.codes(names: all), codesPerStep: 5)
      for step in [0, 1, 77] {
        let rows = regularizer.rows(ofStep: step)
        #expect(rows.count == 5 && Set(rows).count == 5)
        let ownCount = rows.count { $0 < sceneCount }
        #expect(ownCount == (variantCount == 0 ? 5 : 4))
      }
    }
  }

  @Test("every code has its turn, and a small library is held whole")
  func everyTurn() {
    let names = (0..<7).map { "s\($0)" } + ["s0~1", "s1~1"]
    let regularizer = Self.regularizer(
      .perLayer, codes: Self.codes(names: names), codesPerStep: 2)
    #expect(Set((0..<14).flatMap { regularizer.rows(ofStep: $0) }) == Set(0..<9))
    let small = Self.regularizer(.perLayer, codesPerStep: 99)
    #expect(small.rows(ofStep: 3).sorted() == [0, 1, 2, 3])
  }

  @Test("the scene that has changed most is held most often, and none is left out")
  func chances() {
    let names = (0..<20).map { "s\($0)" } + ["s0~1", "s1~1"]
    var regularizer = Self.regularizer(
      .perLayer, codes: Self.codes(names: names), codesPerStep: 4)
    let count = Self.target.count
    var gradient = [Float](repeating: 0, count: 22 * count)
    // The change of each scene is that of all others together for the fourth.
    let all = Array(0..<22)
    var weights = regularizer.targets(ofRows: all, threadCount: 1)
    for row in all {
      for index in row * count..<(row + 1) * count {
        weights[index] += row == 3 ? Float(19).squareRoot() : 1
      }
    }
    _ = regularizer.evaluate(weights, first: 0, rows: all, gradient: &gradient, threadCount: 1)
    var counts = [Int](repeating: 0, count: 22)
    for step in 0..<400 {
      for row in regularizer.rows(ofStep: step) { counts[row] += 1 }
    }
    #expect(counts[3] > 5 * (counts[..<20].reduce(0, +) - counts[3]) / 19, "\(counts)")
    #expect(counts.allSatisfy { $0 > 0 }, "\(counts)")
    #expect(counts.reduce(0, +) == 1600)
  }

  @Test("scales are the inverse variances of tensors, and never those of one that is constant")
  func scales() {
    let layout = Self.target
    var random = SeededGenerator(seed: 3)
    // The deviation of every tensor is its number; the first does not differ between scenes.
    var weights: [Float] = []
    for _ in 0..<400 {
      for (number, entry) in layout.entries.enumerated() {
        weights += random.normals(count: entry.count, standardDeviation: Float(number))
      }
    }
    let scales = OutputRegularizer.deviationScales(weights: weights, layout: layout)
    let variances = layout.entries.indices.map { Float($0 * $0) }
    let mean = variances.reduce(0, +) / Float(variances.count)
    for (entry, variance) in zip(layout.entries, variances) {
      let expected = 1 / (variance + 1e-3 * mean)
      #expect(abs(scales[entry.offset] - expected) < 0.2 * expected, "\(entry.name)")
      #expect(Set(scales[entry.range]).count == 1)
    }
  }
}
