"""Tells real lesions from synthetic ones, always of a patient that it has not learned from.

    lesion_realism.py ROWS.json

Prints {"lines": [...]}: the area under the ROC curve of scikit-learn's random forest and gradient boosting, by kinds of
features and by type, what the forest loses where a feature is shuffled, and what each feature is worth alone.
"""

import json
import sys

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.metrics import roc_auc_score

RESAMPLES = 2000
SHUFFLES = 10
SHOWN = 16


def forest():
    return RandomForestClassifier(300, min_samples_leaf=2, class_weight="balanced", random_state=0)


def boosting():
    return HistGradientBoostingClassifier(
        max_iter=100, learning_rate=0.05, max_leaf_nodes=8, min_samples_leaf=8, class_weight="balanced", random_state=0
    )


class Table:
    def __init__(self, rows, features):
        self.rows, self.features = rows, features
        self.x = np.array([[np.nan if r["features"][f] is None else r["features"][f] for f in features] for r in rows])
        self.y = np.array([r["real"] for r in rows])
        self.patient = np.array([r["patient"] for r in rows])

    def folds(self):
        for name in np.unique(self.patient):
            yield self.patient != name, self.patient == name

    def scores(self, make):
        """Of each lesion, by a classifier that saw the other patients alone; and those classifiers."""
        scores, models = np.zeros(len(self.y)), []
        for train, test in self.folds():
            if len(set(self.y[train])) < 2:
                sys.exit(f"Expected real and synthetic lesions in patients other than {self.patient[test][0]}")
            model = make().fit(self.x[train], self.y[train])
            scores[test] = model.predict_proba(self.x[test])[:, 1]
            models.append(model)
        return scores, models

    def interval(self, scores):
        """2.5 and 97.5 %: bootstrap over patients; draws without both real and synthetic lesions do not count."""
        random, names = np.random.default_rng(0), np.unique(self.patient)
        members = {name: np.nonzero(self.patient == name)[0] for name in names}
        areas = []
        for _ in range(RESAMPLES):
            chosen = np.concatenate([members[name] for name in random.choice(names, len(names))])
            if len(set(self.y[chosen])) == 2:
                areas.append(roc_auc_score(self.y[chosen], scores[chosen]))
        return np.percentile(areas, [2.5, 97.5])

    def told(self, what, make=forest):
        scores, _ = self.scores(make)
        low, high = self.interval(scores)
        return f"{what:44} {roc_auc_score(self.y, scores):.3f} ({low:.3f} to {high:.3f})"


def by_patient(table):
    scores, _ = table.scores(forest)
    for _, test in table.folds():
        y = table.y[test]
        area = f"{roc_auc_score(y, scores[test]):.3f}" if len(set(y)) == 2 else "none"
        yield f"  {table.patient[test][0]}: {area} ({y.sum()} real, {len(y) - y.sum()} synthetic)"


def giveaways(table):
    """What the pooled area loses where a feature is shuffled among a patient's lesions."""
    scores, models = table.scores(forest)
    whole, random = roc_auc_score(table.y, scores), np.random.default_rng(1)
    losses = np.zeros(len(table.features))
    for column in range(len(table.features)):
        shuffled = np.zeros((SHUFFLES, len(table.y)))
        for (_, test), model in zip(table.folds(), models):
            x = np.tile(table.x[test], (SHUFFLES, 1))
            x[:, column] = np.concatenate([random.permutation(table.x[test, column]) for _ in range(SHUFFLES)])
            shuffled[:, test] = model.predict_proba(x)[:, 1].reshape(SHUFFLES, -1)
        losses[column] = whole - np.mean([roc_auc_score(table.y, one) for one in shuffled])
    return losses


def alone(table, column):
    known = ~np.isnan(table.x[:, column])
    area = roc_auc_score(table.y[known], table.x[known, column])
    real, made = (table.x[known & (table.y == value), column] for value in (1, 0))
    quartiles = [f"{np.percentile(v, 50):8.2f} ({np.percentile(v, 25):.2f} to {np.percentile(v, 75):.2f})" for v in (real, made)]
    return max(area, 1 - area), f"real {quartiles[0]:30} synthetic {quartiles[1]}"


def main():
    rows = json.load(open(sys.argv[1], encoding="utf-8"))
    features = list(rows[0]["features"])
    for row in rows:
        row["features"]["size"] = np.log(row["ml"])
    matched = [row for row in rows if row["matched"]]
    of_type = lambda kind: [row for row in matched if row["type"] in ("real", kind)]
    whole = Table(matched, features)
    lines = ["area under the ROC curve, patients kept back (bootstrap over patients):"]
    lines.append(whole.told("like in size, forest"))
    lines.extend(by_patient(whole))
    lines.append(whole.told("like in size, boosting", boosting))
    lines.append(Table(matched, [*features, "size"]).told("like in size, size told"))
    lines.append(Table(matched, ["size"]).told("like in size, size alone"))
    lines.append(Table(rows, [*features, "size"]).told("of any size, size told"))
    for kind in ("MET", "HCC"):
        lines.append(Table(of_type(kind), features).told(f"like in size, {kind} alone"))
    for group in ("contrast", "histogram", "edge", "texture", "shape"):
        lines.append(Table(matched, [f for f in features if f.startswith(group)]).told(f"like in size, {group} alone"))
    lines.append(Table(matched, [f for f in features if not f.startswith("shape")]).told("like in size, without shape"))
    losses = giveaways(whole)
    lines.append("what gives them away (loss where shuffled; the feature alone):")
    for column in np.argsort(-losses)[:SHOWN]:
        area, values = alone(whole, column)
        lines.append(f"  {features[column]:38} {losses[column]:+.3f}  {area:.3f}  {values}")
    lines.append("worth most alone:")
    areas = [alone(whole, column) for column in range(len(features))]
    for column in sorted(range(len(features)), key=lambda c: -areas[c][0])[:SHOWN]:
        lines.append(f"  {features[column]:38} {areas[column][0]:.3f}  {areas[column][1]}")
    print(json.dumps({"lines": lines}))


if __name__ == "__main__":
    main()
