import Kernels
import NeuralFields
import TestSupport
import Testing
import Training

@Suite("Recurrent paths")
struct RecurrentPathsTests {
  static let trajectories = [
    LatentTrajectory(scene: "a", curve: .recurrent, firstRow: 1, rowCount: 4, loops: true),
    LatentTrajectory(scene: "b", curve: .spline, firstRow: 5, rowCount: 3, loops: true),
    LatentTrajectory(scene: "c", curve: .recurrent, firstRow: 8, rowCount: 3, loops: false),
  ]

  static let table: LatentTable = {
    var random = SeededGenerator(seed: 5)
    return LatentTable(
      names: (0..<12).map(String.init), width: 6, standardDeviation: 0.5, generator: &random)
  }()

  static func paths() throws -> RecurrentPaths {
    var random = SeededGenerator(seed: 6)
    return try #require(
      RecurrentPaths(
        of: trajectories, latents: table, codeDeviation: 0.5, generator: &random))
  }

  @Test("keys are made of a path's first row, and other rows stay as they are")
  func writing() throws {
    var latents = Self.table
    try Self.paths().unroll(into: &latents)
    for row in [0, 1, 5, 6, 7, 8, 11] { #expect(latents[row] == Self.table[row]) }
    for row in [2, 3, 4, 9, 10] { #expect(latents[row] != Self.table[row]) }
    let path = Self.trajectories[0]
    for (row, time) in zip(path.rows, path.keyTimes) {
      #expect(latents.code(of: path, at: time) == latents[row])
    }
    #expect(latents.code(of: path, at: 1) == latents[path.firstRow])
  }

  @Test("where no path is recurrent there is none")
  func none() {
    var random = SeededGenerator(seed: 6)
    #expect(
      RecurrentPaths(
        of: [Self.trajectories[1]], latents: Self.table, codeDeviation: 1, generator: &random)
        == nil)
  }

  @Test("steps bring the keys to where they are asked, and a path that nobody asked keeps its code")
  func steps() throws {
    var paths = try Self.paths()
    var latents = Self.table
    paths.unroll(into: &latents)
    let path = Self.trajectories[0]
    var random = SeededGenerator(seed: 8)
    let goal = random.normals(count: 4 * 6, standardDeviation: 0.5)
    func keys() -> [Float] { path.rows.flatMap { latents[$0].values } }
    func distance() -> Float {
      zip(keys(), goal).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    }
    let before = distance()
    let other = Array(paths.codes[6...])
    for _ in 0..<400 {
      let gradients = path.rows.enumerated().map { place, row in
        (
          row: row,
          gradient: zip(latents[row].values, goal[place * 6..<(place + 1) * 6]).map { $0 - $1 }
        )
      }
      paths.step(gradients, learningRate: 0.01, codeLearningRate: 0.01, latents: &latents)
    }
    #expect(distance() < 0.01 * before)
    #expect(Array(paths.codes[6...]) == other)
    #expect(paths.makes(row: 4) && !paths.makes(row: 5) && paths.makes(row: 8))
  }
}
