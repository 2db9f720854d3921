import { parseReport } from "#attestation";
import { products, productNames, productOfReport } from "../../../services/lib/attestation/report/product.ts";
import { splitTcb } from "../../../services/lib/attestation/report/tcb.ts";
import { fakeEvidence } from "../../lib/attestation/fake-processor.ts";
import { hasForm } from "../genuine-report.ts";
import { accepted, type FuzzTarget, hold, same } from "../target.ts";

/** Reports of any bytes: accepted exactly when they have the form. */
export const target: FuzzTarget = {
  waits: false,
  // All reports have one length; most changes of an input would change it, if they could.
  maxLength: 1184,
  seeds: async () => {
    const { report } = await fakeEvidence();
    const older = Uint8Array.from(report).fill(0, 0x188, 0x18b);
    older[0] = 2;
    return [report, older];
  },
  run: (data) => {
    const before = Uint8Array.from(data);
    const report = accepted(() => parseReport(data));
    hold(same(before, data), "parsing leaves its input alone");
    hold((report !== null) === hasForm(data), "a report is parsed when it has the form, and only then");
    if (report === null) return;
    accepted(() => productOfReport(report));
    for (const product of productNames) {
      const tcb = accepted(() => splitTcb(report.reportedTcb, product, "reportedTcb"));
      const { tcbLayout } = products[product];
      hold(
        (tcb !== null) === tcbLayout.every((part, at) => part !== null || data[0x180 + at] === 0),
        "a TCB is split when its reserved bytes are zero, and only then",
      );
    }
  },
};
