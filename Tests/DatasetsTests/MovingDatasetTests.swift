import Datasets
import Foundation
import NeuralFields
import Testing
import VolumeRendering

@Suite("Data set of a moving scene")
struct MovingDatasetTests {
  static func dataset(
    loops: Bool = true, camerasMove: Bool = true, count: Int = 5
  ) -> SyntheticDataset {
    var settings = SyntheticDataset.Settings()
    (settings.width, settings.height) = (6, 4)
    settings.trainingViewCount = 3
    settings.validationViewCount = 4
    settings.testViewCount = 7
    settings.timing = SyntheticDataset.Timing(
      count: count, loops: loops, seconds: 2.5, camerasMove: camerasMove)
    return SyntheticDataset(
      bound: BoundingBox(minimum: [-1, -1, -1], maximum: [1, 1, 1]), settings: settings)
  }

  @Test("training times go from 0 in equal steps, to 1 unless the motion loops")
  func times() {
    let looping = Self.dataset().views(of: .train).compactMap(\.time)
    let ending = Self.dataset(loops: false).views(of: .train).compactMap(\.time)
    #expect(looping.count == 15 && ending.count == 15)
    #expect(Array(Set(looping)).sorted() == [0, 0.2, 0.4, 0.6, 0.8])
    #expect(Array(Set(ending)).sorted() == [0, 0.25, 0.5, 0.75, 1])
    for times in [looping, ending] { #expect(times == times.sorted()) }
  }

  @Test("no validation or test view is of a training time, nor from a training camera")
  func unseen() {
    for loops in [true, false] {
      let dataset = Self.dataset(loops: loops)
      let training = dataset.views(of: .train)
      for split in [Split.validation, .test] {
        let views = dataset.views(of: split)
        #expect(views.count == dataset.viewCount(of: split))
        for view in views {
          #expect(view.time.map { (0...1).contains($0) } == true)
          #expect(!training.contains { $0.time == view.time || $0.camera == view.camera })
        }
      }
    }
  }

  @Test("cameras that move are all different, and fixed ones the same at every time")
  func cameras() {
    let moving = Self.dataset().views(of: .train).map(\.camera)
    #expect(Set(moving.map(\.position)).count == 15)
    let fixed = Self.dataset(camerasMove: false).views(of: .train).map(\.camera)
    #expect(fixed.count == 15)
    for index in fixed.indices { #expect(fixed[index] == fixed[index % 3]) }
    #expect(Set(fixed.map(\.position)).count == 3)
  }

  @Test("what is written is read again with its times, seconds and loop")
  func roundTrip() throws {
    try SyntheticDatasetWritingTests.withFolder { folder in
      let dataset = Self.dataset()
      var times: [Float] = []
      try dataset.write(sceneNamed: "ball", to: folder, layout: .transforms) { view in
        times.append(view.time ?? -1)
        return SyntheticDatasetWritingTests.view(view)
      }
      #expect(times.count == 26)
      let scene = try DatasetFolder.open("\(folder)/ball").scenes[0]
      #expect(scene.span == TimeSpan(seconds: 2.5, loops: true))
      for split in Split.allCases {
        #expect(scene.views(of: split).map(\.time) == dataset.views(of: split).map(\.time))
      }
    }
  }

  @Test("the bound of a moving scene holds it at all its times")
  func bound() throws {
    let mill = try ShippedScenes.named("windmill")
    var settings = Self.dataset(count: 3).settings
    (settings.width, settings.height) = (24, 24)
    settings.trainingViewCount = 8
    let dataset = SyntheticDataset(bound: mill.bound, settings: settings)
    let renderer = Renderer(settings: RenderSettings(samplesPerDiagonal: 128, threadCount: 2))
    try SyntheticDatasetWritingTests.withFolder { folder in
      try dataset.write(sceneNamed: "mill", to: folder, layout: .transforms) { view in
        let field = AnalyticField(mill, time: view.time ?? 0)
        return renderer.render(
          field, camera: view.camera,
          grid: field.occupancyGrid(resolution: 32, threadCount: 2))
      }
      let scene = try DatasetFolder.open("\(folder)/mill").scenes[0]
      let bound = SceneBound(of: scene)
      #expect(bound.source == .silhouettes)
      // The sails reach half a unit around their hub at (0, −0.37, 0.38).
      #expect(bound.box.contains([0.4, -0.37, 0.38]) && bound.box.contains([-0.4, -0.37, 0.38]))
      #expect(bound.box.contains([0, -0.37, 0.75]))
      #expect(bound.box.extent.max() < 2.8)
    }
  }

  static let good = frame("0", matrix: MalformedTransformsTests.identity, keys: "\"time\": 0.5")
  static let timeless = frame("0", matrix: MalformedTransformsTests.identity)

  static func timed(_ time: String) -> String {
    frame("0", matrix: MalformedTransformsTests.identity, keys: "\"time\": \(time)")
  }

  @Test(
    "a time out of 0…1, or of some frames alone, is refused with its place",
    arguments: [
      ("", [timed("1.01")], "frames[0].time: found 1.01, expected a time in 0…1"),
      ("", [timed("-0.1")], "frames[0].time: found -0.1, expected a time in 0…1"),
      ("", [timed("1e999")], "frames[0].time: found 1e999, expected a time in 0…1"),
      ("", [timed("\"0\"")], "frames[0].time: found \"0\", expected a time in 0…1"),
      (
        "", [good, timeless],
        "frames[1].time: found nothing, expected a time in 0…1, as of the frame before"
      ),
      (
        "", [timeless, good],
        "frames[1].time: found 0.5, expected no time, as of the frame before: all frames have one or "
          + "none"
      ),
      (
        ", \"time_seconds\": 0", [good],
        "time_seconds: found 0, expected seconds in 0.01…10000"
      ),
      (", \"time_loops\": 1", [good], "time_loops: found 1, expected true or false"),
    ])
  func malformed(keys: String, frames: [String], message: String) throws {
    try SceneFixture.with { fixture in
      try fixture.write(
        transforms(keys: "\"fl_x\": 5" + keys, frames: frames), to: "transforms_train.json")
      let error = #expect(throws: DatasetError.self) { try DatasetFolder.open(fixture.path) }
      #expect(error?.description == fixture("transforms_train.json") + ": " + message)
    }
  }

  @Test("splits of one scene all tell time or none does")
  func mixedSplits() throws {
    try SceneFixture.with { fixture in
      try fixture.writeScene(viewCount: 1, frames: [frame("train/0", ring(of: 1, size: 4)[0])])
      try fixture.writeScene(
        split: "test", viewCount: 1,
        frames: [frame("test/0", ring(of: 1, size: 4)[0], keys: "\"time\": 0")])
      let error = #expect(throws: DatasetError.self) { try DatasetFolder.open(fixture.path) }
      #expect(error?.description.contains("frames[0].time: found a time") == true)
    }
  }
}
