import Fitting
import Kernels
import NeuralFields
import TestSupport
import Testing

@Suite("Spaces of changes") struct ChangeSpaceTests {
  static let layout = FitFixture.field.layout
  static let deviations = (0..<layout.entries.count).map { 0.05 + 0.03 * Float($0) }
  static let scale: Float = 0.4

  static let space = ChangeSpace(
    of: PosteriorTests.change, layout: layout, deviations: deviations, scale: scale)

  private static func point(seed: UInt64) -> [Float] {
    var random = SeededGenerator(seed: seed)
    return random.normals(count: space.count, standardDeviation: 1)
  }

  private static func expectEqual(
    _ found: [Float], _ expected: [Float], within tolerance: Float,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(found.count == expected.count, sourceLocation: sourceLocation)
    let difference = zip(found, expected).map { abs($0 - $1) }.max() ?? .infinity
    #expect(difference <= tolerance, sourceLocation: sourceLocation)
  }

  private static func expanded(_ change: WeightChange) -> [Float] {
    var weights = FieldWeights([Float](repeating: 0, count: layout.count))
    change.add(to: &weights, layout: layout, times: 1)
    return weights.values
  }

  @Test("the origin is the change that the space was made of")
  func origin() {
    var weights = [Float](repeating: 0, count: Self.layout.count)
    Self.space.add(Self.space.origin, to: &weights)
    Self.expectEqual(weights, Self.expanded(PosteriorTests.change), within: 1e-5)
    Self.expectEqual(
      Self.space.leftFactors(at: Self.space.origin), PosteriorTests.change.parts.flatMap(\.left),
      within: 1e-5)
  }

  @Test("left factors of coordinates make the change that the coordinates make")
  func leftFactors() {
    let x = Self.point(seed: 1)
    var weights = [Float](repeating: 0, count: Self.layout.count)
    Self.space.add(x, to: &weights)
    var change = PosteriorTests.change
    change.replaceLeftFactors(Self.space.leftFactors(at: x))
    Self.expectEqual(Self.expanded(change), weights, within: 1e-5)
  }

  @Test(
    "coordinates of deviation one make weights of deviation κ s, within the right factors' span")
  func deviation() {
    let draws = 400
    var squares = [Double](repeating: 0, count: Self.layout.entries.count)
    for seed in 0..<draws {
      var weights = [Float](repeating: 0, count: Self.layout.count)
      Self.space.add(Self.point(seed: UInt64(100 + seed)), to: &weights)
      for (index, entry) in Self.layout.entries.enumerated() {
        for value in weights[entry.range] { squares[index] += Double(value * value) }
      }
    }
    for (index, entry) in Self.layout.entries.enumerated() {
      let rank = PosteriorTests.change.parts[index].rank
      // A row's n weights have the length of its r coordinates.
      let expected =
        Double(draws * entry.shape[0] * rank) * Double(Self.scale * Self.deviations[index])
        * Double(Self.scale * Self.deviations[index])
      let count = Double(draws * entry.shape[0] * rank)
      #expect(abs(squares[index] / expected - 1) < 5 * (2 / count).squareRoot(), "\(entry.name)")
    }
  }

  @Test("the gradient of coordinates is the adjoint of what they add")
  func gradient() {
    var random = SeededGenerator(seed: 2)
    let slope = random.normals(count: Self.layout.count, standardDeviation: 1)
    let x = Self.point(seed: 3)
    var weights = [Float](repeating: 0, count: Self.layout.count)
    Self.space.add(x, to: &weights)
    let left = zip(Self.space.gradient(ofWeights: slope), x).reduce(0.0) {
      $0 + Double($1.0) * Double($1.1)
    }
    let right = zip(slope, weights).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    #expect(abs(left - right) < 1e-3 * max(1, abs(right)))
  }

  @Test("a smaller rank leaves the other columns as they are in the change", arguments: [0, 1, 2])
  func smallerRank(rank: Int) {
    let space = ChangeSpace(
      of: PosteriorTests.change, layout: Self.layout, deviations: Self.deviations,
      scale: Self.scale, rankLimit: rank)
    var expectedCount = 0
    for entry in Self.layout.entries {
      expectedCount +=
        entry.shape[0] * (entry.shape.count == 2 ? min(rank, entry.shape[0], entry.shape[1]) : 1)
    }
    #expect(space.count == expectedCount)
    var weights = [Float](repeating: 0, count: Self.layout.count)
    space.add(space.origin, to: &weights)
    Self.expectEqual(weights, Self.expanded(PosteriorTests.change), within: 1e-5)
    // Moved coordinates do what they do in the whole space.
    var random = SeededGenerator(seed: 5)
    let x = random.normals(count: space.count, standardDeviation: 1)
    var moved = [Float](repeating: 0, count: Self.layout.count)
    space.add(x, to: &moved)
    var change = PosteriorTests.change
    change.replaceLeftFactors(space.leftFactors(at: x))
    Self.expectEqual(Self.expanded(change), moved, within: 1e-5)
    let slope = random.normals(count: Self.layout.count, standardDeviation: 1)
    let gradient = space.gradient(ofWeights: slope)
    let along = zip(gradient, zip(x, space.origin)).reduce(0.0) {
      $0 + Double($1.0) * Double($1.1.0 - $1.1.1)
    }
    let expected = zip(slope, zip(moved, weights)).reduce(0.0) {
      $0 + Double($1.0) * Double($1.1.0 - $1.1.1)
    }
    #expect(abs(along - expected) < 1e-3 * max(1, abs(expected)))
  }

  @Test("right factors that are alike leave a space that is finite")
  func alikeRows() {
    var change = PosteriorTests.change
    for index in change.parts.indices where change.parts[index].shape.count == 2 {
      let columns = change.parts[index].shape[1]
      for place in change.parts[index].right.indices {
        change.parts[index].right[place] = change.parts[index].right[place % columns]
      }
    }
    let space = ChangeSpace(
      of: change, layout: Self.layout, deviations: Self.deviations, scale: Self.scale)
    var weights = [Float](repeating: 0, count: Self.layout.count)
    space.add(space.origin, to: &weights)
    Self.expectEqual(weights, Self.expanded(change), within: 1e-3)
    let isFinite = (space.origin + space.leftFactors(at: Self.point(seed: 4))).allSatisfy(
      \.isFinite)
    #expect(isFinite)
  }
}
