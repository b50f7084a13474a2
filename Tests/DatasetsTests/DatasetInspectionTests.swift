import Datasets
import Foundation
import NeuralFields
import Testing
import VolumeRendering

@Suite("Dataset inspection")
struct DatasetInspectionTests {
  static let ellipsoid = EllipsoidScene(halfAxes: [0.4, 0.8, 0.3])

  /// Two scenes of an ellipsoid on the disk.
  ///
  /// - Parameter transform: what to do with each camera's matrix before it is written.
  static func inspect(
    bound: BoundingBox? = nil, splits: [(name: String, count: Int)] = [("train", 12), ("test", 3)],
    transform: ([[Float]]) -> [[Float]] = { $0 }
  ) throws -> DatasetInspection {
    try SceneFixture.with { fixture in
      for scene in ["a", "b"] {
        for split in splits {
          let cameras = ring(of: split.count, size: 24)
          for (index, camera) in cameras.enumerated() {
            try fixture.write(
              ellipsoid.picture(from: camera), to: "\(scene)/\(split.name)/\(index).png")
          }
          let frames = cameras.enumerated().map { index, camera in
            frame("\(split.name)/\(index)", matrix: transform(matrix(camera)))
          }
          try fixture.write(
            transforms(keys: "\"camera_angle_x\": 0.7", frames: frames),
            to: "\(scene)/transforms_\(split.name).json")
        }
      }
      return DatasetInspection(of: try DatasetFolder.open(fixture.path), bound: bound)
    }
  }

  @Test("scenes, views, sizes, channels and background are told")
  func contents() throws {
    let inspection = try Self.inspect()
    #expect(inspection.scenes.map(\.name) == ["a", "b"])
    let scene = inspection.scenes[0]
    #expect(scene.trainCount == 12 && scene.validationCount == 0 && scene.testCount == 3)
    #expect(scene.sizes == [PixelSize(width: 24, height: 24)])
    #expect(scene.channels == [.colourAlpha])
    #expect(scene.background == "transparent")
    #expect(inspection.warnings.isEmpty)
  }

  @Test("the ring of cameras is told as distances and angles around what they look at")
  func cameras() throws {
    let cameras = try Self.inspect().cameras
    #expect(cameras.centre.length < 1e-4)
    #expect(abs(cameras.minimumDistance - 3.2) < 1e-3)
    #expect(abs(cameras.maximumDistance - 3.2) < 1e-3)
    #expect(abs(cameras.minimumElevation + 0.1 * 180 / .pi) < 0.01)
    #expect(abs(cameras.maximumElevation - 0.9 * 180 / .pi) < 0.01)
    #expect(cameras.azimuthArc > 300)
    #expect(cameras.counts.joined().reduce(0, +) == 30)
    #expect(cameras.counts.count == 9 && cameras.counts.allSatisfy { $0.count == 24 })
  }

  @Test("the estimated bound meets every ray that shows something")
  func estimatedBound() throws {
    let inspection = try Self.inspect()
    #expect(inspection.coverage.contentShare == 1)
    #expect((0.1..<0.9).contains(inspection.coverage.rayShare))
    #expect(inspection.bound == inspection.suggestedBound)
    #expect(inspection.bound.box.contains(Self.ellipsoid.halfAxes))
  }

  @Test("a bound that the scene sticks out of is warned of, with the scale that would hold it")
  func smallBound() throws {
    let box = BoundingBox(minimum: [-0.1, -0.1, -0.1], maximum: [0.1, 0.1, 0.1])
    let inspection = try Self.inspect(bound: box)
    #expect(inspection.bound.box == box)
    #expect(inspection.coverage.contentShare < 0.5)
    let warning = try #require(inspection.warnings.first)
    #expect(warning.contains("of the rays that show something miss the bound: scale it by "))
    let scale = try #require(
      warning.split(separator: "scale it by ").last.flatMap { Float($0.prefix { $0 != ";" }) })
    let half = SIMD3(repeating: 0.1 * scale + 0.001)
    let scaled = BoundingBox(minimum: -half, maximum: half)
    let suggested = inspection.suggestedBound.box
    #expect(scaled.contains(suggested.minimum) && scaled.contains(suggested.maximum))
    #expect(!scaled.expanded(byShare: -0.02).contains(suggested.maximum))
  }

  @Test("a bound far larger than the scene is warned of")
  func largeBound() throws {
    let inspection = try Self.inspect(
      bound: BoundingBox(minimum: [-8, -8, -8], maximum: [8, 8, 8]))
    #expect(inspection.coverage.rayShare == 1)
    #expect(inspection.warnings.count == 1)
    #expect(inspection.warnings[0].contains("times as wide as the scene: scale it by 0.1"))
  }

  @Test("poses with other axes are warned of")
  func otherAxes() throws {
    let inspection = try Self.inspect { rows in
      rows.prefix(3).map { [$0[0], -$0[1], -$0[2], $0[3]] } + [rows[3]]
    }
    #expect(inspection.warnings.contains { $0.contains("contradict the cameras in 2 of 2 scenes") })
    #expect(inspection.warnings.contains { $0.contains("x right, y up, looking along -z") })
  }

  @Test("missing test views are warned of")
  func noTestViews() throws {
    let inspection = try Self.inspect(splits: [("train", 4)])
    #expect(
      inspection.warnings
        == ["2 of 2 scenes without test views: nothing to measure a model with"])
  }

  @Test("the report as JSON is read back as the same")
  func coding() throws {
    let inspection = try Self.inspect()
    let data = try JSONEncoder().encode(inspection)
    #expect(try JSONDecoder().decode(DatasetInspection.self, from: data) == inspection)
  }

  @Test("the text has the totals, a plot of the cameras, and a line for each scene and warning")
  func text() throws {
    let inspection = try Self.inspect(splits: [("train", 12)])
    let lines = inspection.text.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines[0] == inspection.path)
    #expect(lines[1] == "scenes    2")
    #expect(lines[2] == "views     24 train, 0 validation, 0 test")
    #expect(lines[3] == "pictures  24×24, RGBA; background transparent")
    #expect(
      lines[4] == "cameras   distance 3.20…3.20, mean 3.20, from (0.00, 0.00, 0.00); "
        + "elevation -6…52°, azimuth all around")
    #expect(lines.count { $0.contains("12/0/0  24×24  x -0.") } == 2)
    #expect(lines.last?.hasPrefix("warning: 2 of 2 scenes") == true)
    let plot = lines.drop { !$0.hasPrefix("cameras by") }.dropFirst().prefix(9)
    let digits = plot.joined().filter { $0 != "." }.split(separator: "°").count
    #expect(digits >= 9)
  }
}
