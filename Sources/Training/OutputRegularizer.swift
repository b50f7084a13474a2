import Kernels
package import NeuralFields

/// Holds what a hypernetwork generates for old codes while it learns new scenes.
///
///     R(θ) = β / (n W) Σₖ Σⱼ sⱼ (hⱼ(zₖ; θ) − hⱼ(zₖ; θ*))²
///
/// (von Oswald et al. 2020, eq. 2, https://arxiv.org/abs/1906.00695.) θ* are the parameters before, zₖ are
/// n old codes, which rest, and W is the number of a field's weights. No old picture is needed, and a step
/// draws the same number of codes however many there are, so that its cost does not grow with them.
///
/// Half of the codes have their turn. The others are drawn with a chance that grows with what their fields had
/// changed when they were held last, so that the scene that loses most is held most.
package struct OutputRegularizer: Sendable {
  /// θ*.
  package let anchor: Hypernetwork
  /// The codes that are held.
  package let codes: LatentTable
  /// β, in units of the loss, ≥ 0.
  package let weight: Float
  /// Codes drawn per step, n; all where there are fewer.
  package let codesPerStep: Int
  /// s, `[W]`.
  package let scales: [Float]

  private let order: SceneOrder
  /// The rows, those of variants last.
  private let places: [Int]
  private let ownCount: Int
  private let seed: UInt64
  /// Σⱼ sⱼ (wⱼ − w*ⱼ)² of each row when it was held last; nil before.
  private var changes: [Float?]

  /// - Precondition: there is a code.
  package init(
    anchor: Hypernetwork, codes: LatentTable, weight: Float, codesPerStep: Int, scales: [Float],
    seed: UInt64
  ) {
    precondition(!codes.names.isEmpty, "found no code to hold, expected at least one")
    precondition(
      scales.count == anchor.target.count,
      "found \(scales.count) scales, expected \(anchor.target.count)")
    self.anchor = anchor
    self.codes = codes
    self.weight = weight
    self.codesPerStep = codesPerStep
    self.scales = scales
    let own = codes.ownRows
    let isOwn = Set(own)
    places = own + codes.names.indices.filter { !isOwn.contains($0) }
    order = SceneOrder(seed: seed, sceneCount: places.count, ownCount: own.count)
    ownCount = own.count
    self.seed = seed
    changes = [Float?](repeating: nil, count: places.count)
  }

  /// The rows that a step holds: half of them, rounded up, have their turn, half of these scenes of their own;
  /// the others are those scenes of their own that have changed, by chance.
  package func rows(ofStep step: Int) -> [Int] {
    let count = min(codesPerStep, places.count)
    let turn = order.scenes(
      ofBatch: step, count: count == places.count ? count : min(count, max(2, (count + 1) / 2)))
    var rows = turn.map { places[$0] }
    var isDrawn = Set(rows)
    let own = places[..<ownCount]
    let known = own.compactMap { changes[$0] }
    let usual = known.isEmpty ? 1 : known.reduce(0, +) / Float(known.count)
    var random = SeededGenerator(seed: seed, 5, UInt64(step))
    while rows.count < count {
      let chances = own.map {
        isDrawn.contains($0) ? 0 : max(changes[$0] ?? usual, .leastNormalMagnitude)
      }
      var left = random.uniform() * chances.reduce(0, +)
      let drawn =
        zip(own, chances).first { _, chance in
          left -= chance
          return chance > 0 && left < 0
        }?.0 ?? places.first { !isDrawn.contains($0) }
      guard let drawn else { break }
      rows.append(drawn)
      isDrawn.insert(drawn)
    }
    return rows
  }

  /// The codes of some rows, `[rows × width]`.
  package func codes(ofRows rows: [Int]) -> [Float] {
    rows.flatMap { codes.values[codes.range(ofRow: $0)] }
  }

  /// What the hypernetwork generated for some rows before, `[rows × W]`.
  package func targets(ofRows rows: [Int], threadCount: Int) -> [Float] {
    anchor.forward(codes: codes(ofRows: rows), batch: rows.count, threadCount: threadCount).weights
  }

  /// R for some rows, and its derivative by what is generated for them now.
  ///
  ///     ∂R/∂wⱼ = 2 β sⱼ (wⱼ − w*ⱼ) / (n W)
  ///
  /// The derivative is overwritten.
  ///
  /// - Parameters:
  ///   - weights: hⱼ(zₖ; θ) of a batch, `[batch × W]`, whose rows from `first` on belong to the codes.
  ///   - gradient: `[batch × W]`; only those rows are touched.
  package mutating func evaluate(
    _ weights: [Float], first: Int, rows: [Int], gradient: inout [Float], threadCount: Int
  ) -> Double {
    guard !rows.isEmpty else { return 0 }
    let found = Self.squaredChanges(
      weights, first: first, targets: targets(ofRows: rows, threadCount: threadCount),
      scales: scales, weight: weight, gradient: &gradient)
    for (row, change) in zip(rows, found) { changes[row] = change }
    return Self.penalty(found, weight: weight, width: scales.count)
  }

  /// β / (n W) Σ of n rows' changes.
  private static func penalty(_ changes: [Float], weight: Float, width: Int) -> Double {
    Double(weight / Float(changes.count * width)) * changes.reduce(0) { $0 + Double($1) }
  }

  /// β / (n W) Σₖ Σⱼ sⱼ (wₖⱼ − w*ₖⱼ)² over n rows, and its derivative.
  ///
  /// - Parameters:
  ///   - targets: w*, `[n × W]`.
  ///   - gradient: `[batch × W]`; n rows from `first` on are overwritten.
  package static func squaredChange(
    _ weights: [Float], first: Int, targets: [Float], scales: [Float], weight: Float,
    gradient: inout [Float]
  ) -> Double {
    penalty(
      squaredChanges(
        weights, first: first, targets: targets, scales: scales, weight: weight,
        gradient: &gradient), weight: weight, width: scales.count)
  }

  /// Σⱼ sⱼ (wₖⱼ − w*ₖⱼ)² of each row, and the derivative as `squaredChange` has it.
  private static func squaredChanges(
    _ weights: [Float], first: Int, targets: [Float], scales: [Float], weight: Float,
    gradient: inout [Float]
  ) -> [Float] {
    let width = scales.count
    let factor = weight / Float(targets.count)
    let (weights, targets, scales) = (weights.span, targets.span, scales.span)
    var slopes = gradient.mutableSpan
    var sums: [Float] = []
    for row in 0..<targets.count / width {
      var rowSum: Float = 0
      for column in 0..<width {
        let place = (first + row) * width + column
        let change = weights[place] - targets[row * width + column]
        let slope = scales[column] * change
        rowSum += slope * change
        slopes[place] = 2 * factor * slope
      }
      sums.append(rowSum)
    }
    return sums
  }

  /// The most codes that ``sampleRows(of:)`` chooses.
  static let sampleLimit = 16

  /// Some codes, evenly spread, whose generated weights tell how much a weight matters.
  package static func sampleRows(of codes: LatentTable) -> [Int] {
    let count = min(sampleLimit, codes.names.count)
    return (0..<count).map { $0 * codes.names.count / count }
  }

  /// Scales that measure a change of a tensor's weights in their standard deviations over scenes.
  ///
  ///     sⱼ = 1 / (σ²(tensor of j) + 10⁻³ mean σ²)
  ///
  /// - Parameter weights: of some scenes, `[scenes × W]`.
  package static func deviationScales(
    weights: [Float], layout: ParameterLayout
  ) -> [Float] {
    let count = weights.count / layout.count
    var variances = layout.entries.map { entry in
      var sum = 0.0
      for index in entry.range {
        var (total, squares) = (0.0, 0.0)
        for row in 0..<count {
          let value = Double(weights[row * layout.count + index])
          total += value
          squares += value * value
        }
        let mean = total / Double(count)
        sum += max(0, squares / Double(count) - mean * mean)
      }
      return sum / Double(entry.count)
    }
    let mean = variances.reduce(0, +) / Double(variances.count)
    // A tensor that hardly differs between scenes must not outweigh all others.
    variances = variances.map { $0 + 1e-3 * mean }
    var scales = [Float](repeating: 1, count: layout.count)
    guard mean > 0 else { return scales }
    for (entry, variance) in zip(layout.entries, variances) {
      for index in entry.range { scales[index] = Float(1 / variance) }
    }
    return scales
  }
}
