import Checkpoints
import NeuralFields
import Testing

@Suite("Motion in a model's configuration")
struct MotionConfigurationTests {
  static func configuration(
    _ motion: [LatentTrajectory]?, scenes: [String] = ["a@0", "a@1", "b"]
  ) -> ModelConfiguration {
    ModelConfiguration(
      program: "test 1", field: FieldArchitecture(), hypernetwork: HypernetworkArchitecture(),
      bound: BoundingBox(minimum: [-1, -1, -1], maximum: [1, 1, 1]), near: 0, scenes: scenes,
      defaultView: ModelConfiguration.DefaultView(
        width: 8, height: 8, fieldOfView: 40,
        worldFromCamera: [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 3]], target: .zero),
      motion: motion)
  }

  static let path = LatentTrajectory(
    scene: "a", curve: .spline, firstRow: 0, rowCount: 2, loops: true, seconds: 2.5)

  @Test("a model whose scenes rest says nothing of motion, and one that moves is read as written")
  func roundTrip() throws {
    #expect(!Self.configuration(nil).text.contains("motion"))
    let moving = Self.configuration([Self.path])
    #expect(
      moving.text.contains(
        "\"motion\":[{\"curve\":\"spline\",\"first_row\":0,\"loops\":true,\"row_count\":2,"
          + "\"scene\":\"a\",\"seconds\":2.5}]"))
    #expect(try ModelConfiguration(text: moving.text, path: "m") == moving)
    #expect(moving.defaultScene == "a" && moving.knownNames == ["a@0", "a@1", "b", "a"])
    #expect(Self.configuration(nil).defaultScene == "a@0")
  }

  @Test(
    "a trajectory whose name, rows or seconds do not fit is refused",
    arguments: [
      (
        "scene", LatentTrajectory(scene: "b", curve: .spline, firstRow: 0, rowCount: 2, loops: true)
      ),
      (
        "scene",
        LatentTrajectory(scene: "../a", curve: .spline, firstRow: 0, rowCount: 2, loops: true)
      ),
      (
        "row_count",
        LatentTrajectory(scene: "a", curve: .spline, firstRow: 0, rowCount: 1, loops: true)
      ),
      (
        "row_count",
        LatentTrajectory(scene: "a", curve: .spline, firstRow: 2, rowCount: 2, loops: true)
      ),
      (
        "first_row",
        LatentTrajectory(scene: "a", curve: .spline, firstRow: -1, rowCount: 2, loops: true)
      ),
      (
        "seconds",
        LatentTrajectory(
          scene: "a", curve: .spline, firstRow: 0, rowCount: 2, loops: true, seconds: 0)
      ),
    ])
  func malformed(key: String, path: LatentTrajectory) {
    let error = #expect(throws: CheckpointError.self) {
      try Self.configuration([path]).check(path: "m")
    }
    #expect(error?.description.contains("motion[0].\(key)") == true)
  }

  @Test("two trajectories do not share rows")
  func overlap() {
    var other = Self.path
    (other.scene, other.firstRow) = ("c", 1)
    let error = #expect(throws: CheckpointError.self) {
      try Self.configuration([Self.path, other]).check(path: "m")
    }
    #expect(error?.description.contains("motion[1].first_row") == true)
  }

  @Test("rows beyond the model's are refused, whatever trajectories follow")
  func rowsBeyondTheModel() {
    var first = Self.path
    first.firstRow = 1_000_000
    var second = Self.path
    second.scene = "c"
    let error = #expect(throws: CheckpointError.self) {
      try Self.configuration([first, second]).check(path: "m")
    }
    #expect(error?.description.contains("motion[0].row_count: found rows up to 1000002") == true)
  }
}
