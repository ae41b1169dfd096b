#!/usr/bin/env python3
"""One peer of the variants that the shared peers.py does not have: steady-state training steps on synthetic activations, CPU.

  python variant_peer.py --common DIR --impl saelens|overcomplete --arch matching-pursuit|matryoshka --case 768,6144,8,1024 --steps 3

DIR holds the shared bench's common.py. Prints one JSON line, with the processor time of a step too: on a busy machine only that says something.
Matching pursuit keeps every iteration's [B, n] tensors for autograd: k 32 at B 4096 takes more than 20 GB in `overcomplete`.
"""
import argparse
import contextlib
import sys
import warnings

warnings.filterwarnings("ignore")
ap = argparse.ArgumentParser()
ap.add_argument("--common", required=True)
ap.add_argument("--impl", required=True, choices=["saelens", "overcomplete"])
ap.add_argument("--arch", required=True, choices=["matching-pursuit", "matryoshka"])
ap.add_argument("--case", default="768,6144,8,1024", help="d,n,k,B")
ap.add_argument("--steps", type=int, default=3)
ap.add_argument("--warmup", type=int, default=1)
ap.add_argument("--threads", type=int, default=2)
ap.add_argument("--budget", type=float, default=90.0)
a = ap.parse_args()
sys.path.insert(0, a.common)
import common  # noqa: E402

d, n, k, B = (int(v) for v in a.case.split(","))
torch = common.setup_torch(a.threads)
POOL = 4


def make_saelens():
    from sae_lens.config import LoggingConfig, SAETrainerConfig
    from sae_lens.training.sae_trainer import SAETrainer
    base = dict(d_in=d, d_sae=n, dtype="float32", device="cpu")
    if a.arch == "matryoshka":
        from sae_lens.saes.matryoshka_batchtopk_sae import MatryoshkaBatchTopKTrainingSAE as S, MatryoshkaBatchTopKTrainingSAEConfig as C
        widths = [round(n * share) for share in (1 / 32, 3 / 32, 7 / 32, 15 / 32, 1)]
        cfg = C(k=float(k), matryoshka_widths=widths, **base)
    else:
        from sae_lens.saes.matching_pursuit_sae import MatchingPursuitTrainingSAE as S, MatchingPursuitTrainingSAEConfig as C
        # no early stop, as in ours: every row takes k steps
        cfg = C(max_iterations=k, residual_threshold=0.0, stop_on_duplicate_support=False, **base)
    trainer = SAETrainer(
        SAETrainerConfig(total_training_samples=10**9, train_batch_size_samples=B, lr=3e-4, lr_end=3e-4, device="cpu", autocast=False,
                         logger=LoggingConfig(log_to_wandb=False)), S(cfg), iter(()))

    def step(x):
        loss = trainer.step(x).loss
        trainer.n_training_steps += 1
        return float(loss)

    return step, ("sae-lens",)


def make_overcomplete():
    assert a.arch == "matching-pursuit"
    import matplotlib
    # overcomplete's plotting half wants a function that matplotlib 3.9 removed
    if not hasattr(matplotlib.cm, "get_cmap"):
        matplotlib.cm.get_cmap = matplotlib.colormaps.get_cmap
    from overcomplete.sae import MpSAE
    sae = MpSAE(d, nb_concepts=n, k=k, device="cpu")
    opt = torch.optim.Adam(sae.parameters(), lr=3e-4)

    def step(x):
        opt.zero_grad()
        residual, codes = sae.encode(x)
        loss = (x - sae.decode(codes)).square().sum(-1).mean()
        loss.backward()
        opt.step()
        return float(loss.detach())

    return step, ("overcomplete",)


with contextlib.redirect_stdout(sys.stderr):
    step, packages = {"saelens": make_saelens, "overcomplete": make_overcomplete}[a.impl]()
    batches = common.synthetic_activations(torch, POOL * B, d).split(B)
    base = common.peak_rss_mb()
    losses = [step(batches[i % POOL]) for i in range(a.warmup)]
    timer = common.StepTimer(a.threads).run(lambda i: losses.append(step(batches[(a.warmup + i) % POOL])), a.steps, a.budget)
common.emit({
    "kind": "sae-step", "impl": a.impl, "arch": a.arch, "case": {"d": d, "n": n, "k": k, "B": B}, "precision": "float32", "threads": a.threads,
    **timer.summary(B), "cpu_ms_per_step": round(1e3 * sorted(timer.cpu)[len(timer.cpu) // 2], 1), "peak_rss_mb": round(common.peak_rss_mb()),
    "rss_before_steps_mb": round(base), "loss_first": losses[0], "loss_last": losses[-1], "versions": common.versions(*packages),
})
