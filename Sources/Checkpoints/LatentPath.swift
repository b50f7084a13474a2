package import NeuralFields

/// The path of a fitted scene that moves, in a latent file: a trajectory that brings its own rows.
package struct LatentPath: Sendable, Equatable {
  /// The rows that a file may hold, at most: a moment is a mix of them that a picture can carry.
  package static let rowLimit = 64

  package var curve: LatentTrajectory.Curve
  /// Whether time 1 is time 0 again.
  package var loops: Bool
  /// How long the way from 0 to 1 lasts when it is played, > 0.
  package var seconds: Float
  /// What the curve's weights are for, at least two.
  package var rows: [LatentCode]

  package init(curve: LatentTrajectory.Curve, loops: Bool, seconds: Float, rows: [LatentCode]) {
    precondition(rows.count >= 2, "found \(rows.count) rows, expected at least 2")
    self.curve = curve
    self.loops = loops
    self.seconds = seconds
    self.rows = rows
  }

  /// The trajectory over the path's rows, counted from 0.
  package func trajectory(named name: String) -> LatentTrajectory {
    LatentTrajectory(
      scene: name, curve: curve, firstRow: 0, rowCount: rows.count, loops: loops, seconds: seconds)
  }

  /// The code at a time.
  ///
  /// - Parameter time: 0…1.
  package func code(at time: Double) -> LatentCode {
    table(named: "").code(of: trajectory(named: ""), at: time)
  }

  private func table(named name: String) -> LatentTable {
    LatentTable(
      names: trajectory(named: name).rowNames, width: rows[0].values.count,
      values: rows.flatMap(\.values))
  }

  /// What a file says of the path beside its rows.
  struct Description: Codable {
    var curve: String
    var rowCount: Int
    var loops: Bool
    var seconds: Float
  }

  static let tensorName = "trajectory.rows"

  var description: Description {
    Description(curve: curve.rawValue, rowCount: rows.count, loops: loops, seconds: seconds)
  }

  var tensor: Tensor {
    Tensor(
      name: Self.tensorName, shape: [rows.count, rows[0].values.count],
      values: rows.flatMap(\.values))
  }

  /// Takes the path from a file's tensors.
  init(
    _ description: Description, width: Int, from tensors: inout TensorTable, path: String
  ) throws(CheckpointError) {
    func fault(_ key: String, _ found: String, _ expected: String) -> CheckpointError {
      .configuration(path: path, key: "latent.trajectory.\(key)", found: found, expected: expected)
    }
    guard let curve = LatentTrajectory.Curve(rawValue: description.curve) else {
      throw fault(
        "curve", description.curve,
        LatentTrajectory.Curve.allCases.map(\.rawValue).joined(separator: " or "))
    }
    guard (2...Self.rowLimit).contains(description.rowCount) else {
      throw fault("row_count", "\(description.rowCount)", "2…\(Self.rowLimit)")
    }
    guard (0.01...10_000).contains(description.seconds) else {
      throw fault("seconds", "\(description.seconds)", "0.01…10000")
    }
    let values = try tensors.take(
      Self.tensorName, shape: [description.rowCount, width], in: Checkpoint.latentRange)
    self.init(
      curve: curve, loops: description.loops, seconds: description.seconds,
      rows: (0..<description.rowCount).map { row in
        LatentCode(Array(values[row * width..<(row + 1) * width]))
      })
  }
}
