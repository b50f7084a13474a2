import Kernels
package import NeuralFields

/// The changes of a field's weights that share the right factors of one, in coordinates that are alike.
///
///     ΔW = κ s X Q,  X ~ N(0, I)        V Vᵀ = L Lᵀ,  Q = L⁻¹ V,  U = κ s X L⁻¹
///
/// s is the deviation of the tensor's weights over the training scenes, and Q has orthonormal rows that
/// span those of V: what a change in which every weight is N(0, κ² s²) leaves within that span. A bias's
/// change is κ s x. Where there are more coordinates than are wanted, the last columns of X stay as they are
/// in the change itself.
package struct ChangeSpace: Sendable {
  /// A tensor's coordinates: X row by row, or x.
  fileprivate struct Place {
    let entry: ParameterLayout.Entry
    let first: Int
    /// Columns of X that are coordinates, and all of them, r; 1 for a bias.
    let rank: Int
    let fullRank: Int
    /// κ s.
    let scale: Float
    /// L; nil for a bias.
    let factor: CholeskyFactor?
    /// κ s Q, `[r × n]`.
    let rows: [Float]
  }

  private let places: [Place]
  /// X of the change itself, tensor after tensor with all columns.
  private let whole: [[Float]]
  /// ΔW of the columns that stay, `[layout.count]`.
  private let rest: [Float]
  /// Coordinates of all tensors together.
  package let count: Int

  /// - Parameters:
  ///   - change: that gives the right factors.
  ///   - deviations: s of each of the layout's tensors.
  ///   - scale: κ > 0.
  ///   - rankLimit: columns of X that are coordinates, at most.
  /// - Precondition: the change fits the layout.
  package init(
    of change: WeightChange, layout: ParameterLayout, deviations: [Float], scale: Float,
    rankLimit: Int = .max
  ) {
    precondition(change.fits(layout), "found a change of another network's weights")
    var places: [Place] = []
    var whole: [[Float]] = []
    var rest = [Float](repeating: 0, count: layout.count)
    var count = 0
    for part in change.parts {
      guard let index = layout.entries.firstIndex(where: { $0.name == part.name }) else { continue }
      // A tensor that is alike in all scenes stays nearly as it is.
      let own = scale * max(deviations[index], 1e-6)
      let factor = part.shape.count == 2 ? Self.factor(of: part) : nil
      let rank = factor == nil ? 1 : min(part.rank, rankLimit)
      let place = Place(
        entry: layout.entries[index], first: count, rank: rank, fullRank: part.rank, scale: own,
        factor: factor,
        rows: factor.map { Self.orthonormalRows(of: part, $0).map { own * $0 } } ?? [])
      let coordinates = Self.coordinates(of: part, in: place)
      place.add(coordinates, columns: rank..<part.rank, to: &rest)
      places.append(place)
      whole.append(coordinates)
      count += part.shape[0] * rank
    }
    self.places = places
    self.whole = whole
    self.rest = rest
    self.count = count
  }

  /// L of V Vᵀ, with a little on the diagonal: rows of V may be nearly alike.
  private static func factor(of part: WeightChange.Part) -> CholeskyFactor {
    let (rank, columns) = (part.rank, part.shape[1])
    func row(_ k: Int) -> ArraySlice<Float> { part.right[k * columns..<(k + 1) * columns] }
    var products = [Double](repeating: 0, count: rank * rank)
    for i in 0..<rank {
      for j in 0..<rank {
        products[i * rank + j] = zip(row(i), row(j)).reduce(0) { $0 + Double($1.0) * Double($1.1) }
      }
    }
    let mean = (0..<rank).reduce(0) { $0 + products[$1 * (rank + 1)] } / Double(rank)
    for k in 0..<rank { products[k * (rank + 1)] += max(1e-9 * mean, 1e-30) }
    guard let factor = CholeskyFactor(of: products, size: rank) else {
      preconditionFailure("found a product of a matrix with itself that is not positive definite")
    }
    return factor
  }

  private static func orthonormalRows(
    of part: WeightChange.Part, _ factor: CholeskyFactor
  ) -> [Float] {
    let (rank, columns) = (part.rank, part.shape[1])
    var rows = [Float](repeating: 0, count: rank * columns)
    for column in 0..<columns {
      let solved = factor.solve((0..<rank).map { Double(part.right[$0 * columns + column]) })
      for k in 0..<rank { rows[k * columns + column] = Float(solved[k]) }
    }
    return rows
  }

  /// X = U L / κ s.
  private static func coordinates(of part: WeightChange.Part, in place: Place) -> [Float] {
    guard let factor = place.factor else { return part.left.map { $0 / place.scale } }
    return (0..<part.shape[0]).flatMap { row in
      let own = (0..<part.rank).map { Double(part.left[row * part.rank + $0]) }
      return factor.multiplyTransposed(own).map { Float($0) / place.scale }
    }
  }

  /// The coordinates of the change that gave the right factors.
  package var origin: [Float] {
    zip(places, whole).flatMap { place, own in
      (0..<place.entry.shape[0]).flatMap { row in
        own[row * place.fullRank..<row * place.fullRank + place.rank]
      }
    }
  }

  /// X of a tensor with all columns, for coordinates.
  private func completed(_ x: [Float], at index: Int) -> [Float] {
    let place = places[index]
    var own = whole[index]
    for row in 0..<place.entry.shape[0] {
      for k in 0..<place.rank {
        own[row * place.fullRank + k] = x[place.first + row * place.rank + k]
      }
    }
    return own
  }

  /// The left factors and biases' changes of coordinates, as a change's parts have them one after
  /// another: U = κ s X L⁻¹.
  package func leftFactors(at x: [Float]) -> [Float] {
    places.indices.flatMap { index -> [Float] in
      let (place, own) = (places[index], completed(x, at: index))
      guard let factor = place.factor else { return own.map { $0 * place.scale } }
      return (0..<place.entry.shape[0]).flatMap { row in
        let start = row * place.fullRank
        return factor.solveTransposed(own[start..<start + place.fullRank].map(Double.init))
          .map { Float($0) * place.scale }
      }
    }
  }

  /// Adds ΔW to weights, `[layout.count]`.
  package func add(_ x: [Float], to weights: inout [Float]) {
    var target = weights.mutableSpan
    target.add(rest.span)
    for (index, place) in places.enumerated() {
      place.add(completed(x, at: index), columns: 0..<place.rank, to: &weights)
    }
  }

  /// ∂f/∂x of ∂f/∂W, `[layout.count]`.
  package func gradient(ofWeights gradient: [Float]) -> [Float] {
    places.flatMap { place -> [Float] in
      guard place.factor != nil else {
        return gradient[place.entry.range].map { $0 * place.scale }
      }
      let columns = place.entry.shape[1]
      return (0..<place.entry.shape[0]).flatMap { row -> [Float] in
        let start = place.entry.offset + row * columns
        let slope = gradient.span.extracting(start..<start + columns)
        return (0..<place.rank).map {
          slope.dot(place.rows.span.extracting($0 * columns..<($0 + 1) * columns))
        }
      }
    }
  }
}

extension ChangeSpace.Place {
  /// Adds what some columns of X, `[m × r]`, make of the tensor to all weights.
  fileprivate func add(_ x: [Float], columns: Range<Int>, to weights: inout [Float]) {
    var target = weights.mutableSpan
    guard factor != nil else {
      if !columns.isEmpty { target.add(x.span, times: scale, at: entry.offset) }
      return
    }
    let width = entry.shape[1]
    for row in 0..<entry.shape[0] {
      for k in columns {
        target.add(
          rows.span.extracting(k * width..<(k + 1) * width), times: x[row * fullRank + k],
          at: entry.offset + row * width)
      }
    }
  }
}
