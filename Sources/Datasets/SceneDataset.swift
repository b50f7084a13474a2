/// A scene as pictures show it: its views for training, validation and test.
package struct SceneDataset: Sendable {
  package let name: String

  /// The folder the scene was read from; its name for one that comes from no folder.
  package let path: String

  package let train: [PosedImage]
  package let validation: [PosedImage]
  package let test: [PosedImage]

  /// What the pictures show behind the scene.
  package let background: SceneBackground

  /// `near`…`far` along the rays, scene units, where the scene's file states them.
  package let depthRange: ClosedRange<Float>?

  /// What the views' times run over; nil for a scene at rest, whose views have none.
  package let span: TimeSpan?

  package init(
    name: String, path: String? = nil, train: [PosedImage], validation: [PosedImage] = [],
    test: [PosedImage] = [], depthRange: ClosedRange<Float>? = nil, span: TimeSpan? = nil
  ) {
    self.name = name
    self.path = path ?? name
    self.train = train
    self.validation = validation
    self.test = test
    self.depthRange = depthRange
    self.span = span
    background = SceneBackground(of: train.isEmpty ? validation + test : train)
  }

  package func views(of split: Split) -> [PosedImage] {
    switch split {
    case .train: train
    case .validation: validation
    case .test: test
    }
  }

  /// The views of every split that was read.
  package var allViews: [PosedImage] { train + validation + test }

  /// The views that may tell where the scene is: the training views, or others where none were read.
  var guidingViews: [PosedImage] { train.isEmpty ? validation + test : train }
}
