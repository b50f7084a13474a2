import Foundation

/// A moving scene's path through the space of codes: its code as a function of time.
///
///     code(t) = Σⱼ wⱼ(t) rowⱼ        t in 0…1
///
/// over successive rows of a model's table of codes. The weights depend on time alone, so that the path
/// is learned as codes are, and any moment of it is a mix of rows.
package struct LatentTrajectory: Sendable, Hashable, Codable {
  package enum Curve: String, Sendable, Hashable, Codable, CaseIterable {
    /// The rows are codes at equal steps of time, and the path goes smoothly through all of them.
    ///
    /// (Catmull and Rom 1974, uniform.) At a key's time the code is the key's exactly.
    case spline
    /// The rows are the coefficients of a trigonometric polynomial.
    ///
    /// c(t) = c₀ + Σₕ aₕ cos 2πht + bₕ sin 2πht where it loops, rows c₀, a₁, b₁, a₂, …; else
    /// c₀ + Σₕ aₕ cos πht, rows c₀, a₁, a₂, ….
    case fourier
    /// The rows are codes at equal steps of time that `CodeRecurrence` made, joined as a spline's.
    case recurrent

    /// Whether the rows are codes, through which the path goes at its keys.
    package var hasKeys: Bool { self != .fourier }
  }

  /// The moving scene's name.
  package var scene: String
  package var curve: Curve
  /// The first of its rows in the table.
  package var firstRow: Int
  /// ≥ 2; odd for a Fourier path that loops.
  package var rowCount: Int
  /// Whether time 1 is time 0 again.
  package var loops: Bool
  /// How long the way from 0 to 1 lasts when it is played, > 0.
  package var seconds: Float

  package init(
    scene: String, curve: Curve, firstRow: Int, rowCount: Int, loops: Bool, seconds: Float = 1
  ) {
    self.scene = scene
    self.curve = curve
    self.firstRow = firstRow
    self.rowCount = rowCount
    self.loops = loops
    self.seconds = seconds
  }

  package var rows: Range<Int> { firstRow..<firstRow + rowCount }

  /// Between a moving scene's name and the number of one of its rows.
  package static let rowSeparator: Character = "@"

  /// The names of its rows in the table.
  package var rowNames: [String] { (0..<rowCount).map { "\(scene)\(Self.rowSeparator)\($0)" } }

  /// When a path is at its keys, `[rowCount]`: equal steps from 0, to 1 unless it loops.
  package var keyTimes: [Double] {
    let stepCount = loops ? rowCount : rowCount - 1
    return (0..<rowCount).map { Double($0) / Double(stepCount) }
  }

  /// The times by which a path is held and compared: its keys', and those in the middle between two of them.
  ///
  /// 2 `rowCount` of them where it loops, else one less: at twice a Fourier path's highest frequency and more.
  package var spreadTimes: [Double] {
    let stepCount = 2 * (loops ? rowCount : rowCount - 1)
    return (0..<(loops ? stepCount : stepCount + 1)).map { Double($0) / Double(stepCount) }
  }

  /// What each row weighs at a time, `[rowCount]`; at a key exactly 1 for it alone.
  ///
  /// - Parameter time: 0…1.
  package func weights(at time: Double) -> [Double] {
    precondition((0...1).contains(time), "found time \(time), expected 0…1")
    switch curve {
    case .spline, .recurrent:
      let place = time * Double(loops ? rowCount : rowCount - 1)
      let nearest = place.rounded()
      // A share so near a key that it is rounding alone is at the key.
      let isKey = abs(place - nearest) < 1e-6
      let key = Int(isKey ? nearest : place.rounded(.down))
      return PathCurve.spline.weights(
        after: loops ? key % rowCount : key, share: isKey ? 0 : place - Double(key),
        count: rowCount, closes: loops, codes: [])
    case .fourier:
      return (0..<rowCount).map { row in
        guard row > 0 else { return 1 }
        let angle = frequency(ofRow: row) * time
        return loops && row.isMultiple(of: 2) ? sin(angle) : cos(angle)
      }
    }
  }

  /// Radians per unit of time.
  private func frequency(ofRow row: Int) -> Double {
    loops ? 2 * .pi * Double((row + 1) / 2) : .pi * Double(row)
  }

  /// How little the path is smooth, and its gradient, which is added.
  ///
  /// Of a path with keys the mean square of their second differences:
  ///
  ///     P = Σₖ |cₖ₋₁ − 2 cₖ + cₖ₊₁|² / (n width)
  ///
  /// over the n keys that have both neighbours, all of them where it loops. Of a Fourier path the same of
  /// its second derivative, over all times, for a step of time of 1 / `rowCount`:
  ///
  ///     P = Σᵣ ½ (ωᵣ / rowCount)⁴ |rowᵣ|² / width
  ///
  /// - Parameters:
  ///   - values: the path's rows, `[rowCount × width]`.
  ///   - weight: what the penalty and its gradient are multiplied by.
  ///   - gradient: of the rows.
  /// - Returns: the weighted penalty, 0 for a path that rests.
  package func roughness(
    of values: [Float], width: Int, weight: Float, gradient: inout [Float]
  ) -> Double {
    precondition(
      values.count == rowCount * width && gradient.count == values.count,
      "found \(values.count) values and \(gradient.count) gradients, expected \(rowCount)×\(width)")
    var sum = 0.0
    switch curve {
    case .spline, .recurrent:
      let keys = loops ? Array(0..<rowCount) : Array(1..<max(1, rowCount - 1))
      let scale = weight / Float(max(keys.count, 1) * width)
      for key in keys {
        let (last, next) = ((key + rowCount - 1) % rowCount, (key + 1) % rowCount)
        for index in 0..<width {
          let difference =
            values[last * width + index] - 2 * values[key * width + index]
            + values[next * width + index]
          sum += Double(scale * difference * difference)
          gradient[last * width + index] += 2 * scale * difference
          gradient[key * width + index] -= 4 * scale * difference
          gradient[next * width + index] += 2 * scale * difference
        }
      }
    case .fourier:
      for row in 1..<rowCount {
        let step = Float(frequency(ofRow: row)) / Float(rowCount)
        let scale = weight * 0.5 * step * step * step * step / Float(width)
        for index in row * width..<(row + 1) * width {
          sum += Double(scale * values[index] * values[index])
          gradient[index] += 2 * scale * values[index]
        }
      }
    }
    return sum
  }

  /// Lets all rows begin so that the path rests at its first row, but for a small part of the others.
  ///
  /// - Parameters:
  ///   - table: of independent random codes.
  ///   - share: of the random code that each further row keeps.
  package func gather(_ table: inout LatentTable, keeping share: Float) {
    let first = table.range(ofRow: firstRow)
    for row in rows.dropFirst() {
      let range = table.range(ofRow: row)
      for (index, source) in zip(range, first) {
        table.values[index] =
          share * table.values[index] + (curve.hasKeys ? table.values[source] : 0)
      }
    }
  }
}

extension LatentTable {
  /// The code of a moving scene at a time.
  ///
  /// - Parameter time: 0…1.
  package func code(of trajectory: LatentTrajectory, at time: Double) -> LatentCode {
    var code = [Float](repeating: 0, count: width)
    for (row, weight) in zip(trajectory.rows, trajectory.weights(at: time)) where weight != 0 {
      for (index, place) in range(ofRow: row).enumerated() {
        code[index] += Float(weight) * values[place]
      }
    }
    return LatentCode(code)
  }
}
