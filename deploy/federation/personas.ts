/**
 * The people of the development provider: whom one can be with one click. They are invented; what they may
 * is in their roles alone.
 */

export interface Persona {
  /** `epidemiologist`: in addresses, and the name by which a second sign-in finds the same person. */
  readonly id: string;
  /** `an.nguyen@bacgiang.example`: who it is in the audit log. */
  readonly subject: string;
  /** Of both languages, as the button says it. */
  readonly vi: string;
  readonly en: string;
  /** `role@area`; at the hub `role`. */
  readonly roles: readonly string[];
}

/** The personas of a program, by its name (`hub`, a province code). */
export type PersonasOf = (program: string) => readonly Persona[];

/** Who signs in at a province's node: one of each role, the tracers for one ward each. */
export function nodePersonas(province: string, wards: readonly NamedWard[]): Persona[] {
  const at = (name: string) => `${name}@tinh-${province}.example`;
  const whole = [
    {
      ...{ id: 'epidemiologist', subject: at('minh.tran'), roles: [`epidemiologist@${province}`] },
      ...{ vi: 'Trần Văn Minh · dịch tễ, cả tỉnh', en: 'Trần Văn Minh · epidemiologist, whole province' },
    },
    {
      ...{ id: 'lab', subject: at('lan.pham'), roles: [`lab@${province}`] },
      ...{ vi: 'Phạm Thị Lan · phòng xét nghiệm', en: 'Phạm Thị Lan · laboratory' },
    },
    {
      ...{ id: 'operator', subject: at('duc.vo'), roles: [`operator@${province}`] },
      ...{ vi: 'Võ Văn Đức · vận hành nút', en: 'Võ Văn Đức · node operator' },
    },
  ];
  const tracers = wards.map(({ code, name }) => ({
    ...{ id: `tracer-${code}`, subject: at(`truy-vet-${code}`), roles: [`ward_tracer@${code}`] },
    ...{ vi: `Nguyễn Thị Hoa · truy vết, ${name}`, en: `Nguyễn Thị Hoa · tracer, ${name}` },
  }));
  return [...whole.slice(0, 1), ...tracers, ...whole.slice(1)];
}

export interface NamedWard {
  readonly code: string;
  /** `Phường Linh Xuân`. */
  readonly name: string;
}

export const HUB_PERSONAS: readonly Persona[] = [
  {
    ...{ id: 'hub-operator', subject: 'ha.le@trung-tam.example', roles: ['hub_operator'] },
    ...{ vi: 'Lê Thị Hà · vận hành trung tâm', en: 'Lê Thị Hà · hub operator' },
  },
  {
    ...{ id: 'analyst', subject: 'khoa.do@trung-tam.example', roles: ['analyst'] },
    ...{ vi: 'Đỗ Đăng Khoa · phân tích', en: 'Đỗ Đăng Khoa · analyst' },
  },
];
