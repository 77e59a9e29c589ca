import type { ReactNode } from 'react';
import type { DeskChangeFragment, DeskSaleFragment } from '../../gql/graphql';
import type { Seen } from '../sale/useActivity';
import { ChangeLog } from './ChangeLog';
import type { Point } from './course';
import { CourseChart } from './CourseChart';
import { Numerals } from './Numerals';
import { Reasons } from './Reasons';
import { Replicas } from './Replicas';

export interface LiveViewProps extends Seen {
  sale: DeskSaleFragment;
  changes: readonly DeskChangeFragment[];
  changeCount: number;
  points: readonly Point[];
  controls: ReactNode;
}

/** The screen that is stared at while it happens: numbers first, controls apart from them. */
export function LiveView(props: LiveViewProps) {
  const { sale, changes, points, activity, changeCount, controls } = props;
  return (
    <>
      <Numerals {...props} />
      <CourseChart sale={sale} changes={changes} points={points} />
      <div className="columns">
        <div className="numbers">
          <Replicas activity={activity} />
          <Reasons activity={activity} />
        </div>
        <div className="hands">
          {controls}
          <ChangeLog changes={changes} count={changeCount} />
        </div>
      </div>
    </>
  );
}
