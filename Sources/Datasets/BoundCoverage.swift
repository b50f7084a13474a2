import Kernels
import VolumeRendering

/// Which share of the pictures' rays meets a box.
package struct BoundCoverage: Sendable, Hashable, Codable {
  /// Of all rays, in [0, 1].
  package let rayShare: Double

  /// Of the rays of pixels that show something other than background, in [0, 1]; 1 where none does.
  package let contentShare: Double

  /// Views that show nothing but background.
  package let emptyViewCount: Int

  private init(_ count: RayCount) {
    rayShare = Double(count.meeting) / Double(max(count.all, 1))
    contentShare =
      count.content == 0 ? 1 : Double(count.contentMeeting) / Double(count.content)
    emptyViewCount = count.emptyViews
  }

  /// Looks at the rays of all views that were read: every pixel of small pictures, and about a
  /// thousand evenly spread ones of each larger picture.
  package init(of bound: SceneBound, in scenes: [SceneDataset], threadCount: Int) {
    let counts = ParallelLoop.map(count: scenes.count, threadCount: threadCount) { index in
      RayCount(of: bound, in: scenes[index])
    }
    self.init(counts.reduce(into: RayCount()) { $0.add($1) })
  }
}

private struct RayCount {
  var all = 0
  var meeting = 0
  var content = 0
  var contentMeeting = 0
  var emptyViews = 0

  init() {}

  init(of bound: SceneBound, in scene: SceneDataset) {
    for view in scene.allViews {
      let showsContent = view.foregroundTest(against: scene.background)
      let step = max(1, Int((Double(view.width * view.height) / 1024).squareRoot()))
      let contentBefore = content
      for row in stride(from: step / 2, to: view.height, by: step) {
        for column in stride(from: step / 2, to: view.width, by: step) {
          let ray = view.camera.ray(
            throughColumn: column, row: row, within: bound.box, near: bound.near)
          let isContent = showsContent(column, row)
          all += 1
          if isContent { content += 1 }
          if ray != nil {
            meeting += 1
            if isContent { contentMeeting += 1 }
          }
        }
      }
      if content == contentBefore { emptyViews += 1 }
    }
  }

  mutating func add(_ other: RayCount) {
    all += other.all
    meeting += other.meeting
    content += other.content
    contentMeeting += other.contentMeeting
    emptyViews += other.emptyViews
  }
}
